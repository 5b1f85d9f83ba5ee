/** Attachments made on the spot, so that the demo needs neither a file nor a microphone. */

const INK = "#26332d";

/** A fictional business licence, marked as a sample, as a PNG. */
export async function sampleLicence(name) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 960, height: 680 });
  const pen = canvas.getContext("2d");
  drawPaper(pen);
  drawWords(pen, name);
  drawStamp(pen);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return new File([blob], "sample-licence.png", { type: "image/png" });
}

function drawPaper(pen) {
  pen.fillStyle = "#fbf6e6";
  pen.fillRect(0, 0, 960, 680);
  pen.strokeStyle = "#b98d3c";
  pen.lineWidth = 10;
  pen.strokeRect(28, 28, 904, 624);
  pen.lineWidth = 2;
  pen.strokeRect(44, 44, 872, 592);
}

function drawWords(pen, name) {
  pen.fillStyle = INK;
  pen.textAlign = "center";
  pen.font = "600 58px 'PingFang SC', 'Noto Sans CJK SC', sans-serif";
  pen.fillText("营 业 执 照", 480, 150);
  pen.font = "26px 'PingFang SC', 'Noto Sans CJK SC', sans-serif";
  pen.fillText("Business licence · 样本 SAMPLE", 480, 200);
  pen.textAlign = "left";
  const lines = [["经营者 Operator", name], ["名称 Name", "河谷示例商行"], ["统一社会信用代码", "92000000MA00000000"], ["经营范围 Scope", "日用品零售（虚构）"]];
  lines.forEach(([label, value], row) => {
    pen.fillStyle = "#7c7355";
    pen.fillText(label, 110, 300 + row * 72);
    pen.fillStyle = INK;
    pen.fillText(value, 420, 300 + row * 72);
  });
}

function drawStamp(pen) {
  pen.translate(770, 540);
  pen.rotate(-0.2);
  pen.strokeStyle = pen.fillStyle = "rgb(190 40 40 / 75%)";
  pen.lineWidth = 6;
  pen.beginPath();
  pen.arc(0, 0, 74, 0, Math.PI * 2);
  pen.stroke();
  pen.textAlign = "center";
  pen.font = "700 40px 'PingFang SC', 'Noto Sans CJK SC', sans-serif";
  pen.fillText("样本", 0, 16);
}

/** Two seconds of a soft tone as a WAV, for a machine without a microphone. */
export function sampleVoice(seconds = 2, rate = 8000) {
  const count = seconds * rate;
  const view = new DataView(new ArrayBuffer(44 + count * 2));
  writeHeader(view, count, rate);
  for (let index = 0; index < count; index += 1) view.setInt16(44 + index * 2, loudness(index / rate, seconds) * 9000, true);
  return new File([view.buffer], "voice.wav", { type: "audio/wav" });
}

const loudness = (time, length) => Math.sin(2 * Math.PI * (220 + 40 * Math.sin(time * 9)) * time) * Math.sin((Math.PI * time) / length);

function writeHeader(view, count, rate) {
  const text = (offset, letters) => [...letters].forEach((letter, index) => view.setUint8(offset + index, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + count * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  [[20, 1], [22, 1], [32, 2], [34, 16]].forEach(([offset, value]) => view.setUint16(offset, value, true));
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  text(36, "data");
  view.setUint32(40, count * 2, true);
}

/** Records from the microphone until `stop`; rejects where there is none. */
export async function recordVoice() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const mime = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"].find((type) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, mime ? { mimeType: mime } : undefined);
  const parts = [];
  recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
  recorder.start();
  return {
    async stop() {
      const ended = new Promise((done) => recorder.addEventListener("stop", done, { once: true }));
      recorder.stop();
      await ended;
      stream.getTracks().forEach((track) => track.stop());
      const type = recorder.mimeType.split(";")[0];
      return new File(parts, `voice.${type.split("/")[1]}`, { type });
    },
  };
}
