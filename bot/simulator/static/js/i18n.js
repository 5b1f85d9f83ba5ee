/** The page's own words, Chinese and English. What the bot says comes from the bot, in the customer's language. */

const WORDS = {
  zh: {
    title: "Tillwise 演示", tagline: "小店主、客户经理和贷款机构，三方同屏", language: "页面语言", theme: "切换深浅色",
    more: "更多", moreTitle: "页面设置", faults: "故障模拟", close: "关闭", cancel: "取消", ok: "知道了", send: "发送",
    customer: "客户", manager: "客户经理", supervisor: "主管", agent: "推广员", team: "团队", lender: "贷款机构", views: "视图",
    switchTo: "换成{role} {name}", handOver: "在{name}的手机上打开？", agentCode: "扫 {name} 的二维码",
    online: "在线", typing: "正在输入…", connecting: "正在连接…", blocked: "已停用",
    message: "输入消息", commands: "命令菜单", attach: "添加附件", keyboardShow: "显示快捷键盘",
    keyboardHide: "收起快捷键盘", record: "录制语音", chatMenu: "更多操作", log: "聊天记录",
    today: "今天", yesterday: "昨天", edited: "已编辑", editHistory: "编辑记录", version: "第 {n} 版", current: "现在",
    newMessages: "{n} 条新消息", toBottom: "回到最新", actions: "消息操作", reply: "回复", edit: "编辑", copy: "复制文字", copied: "已复制",
    editing: "编辑消息", replyTo: "回复 {name}", you: "你", save: "保存",
    start: "开始", emptyCustomer: "您好，{name}",
    emptyCustomerText: "您现在是这位小生意主。点「开始」，让机器人陪您看产品、算清费用、提交申请，再看着审批一步步走完。",
    emptyManager: "客户经理的手机", emptyManagerText: "大额客户，或者想找真人的客户，会转到这里。先加入团队，才能接单。",
    inviteTitle: "您收到一份团队邀请", inviteJoin: "加入团队", inviteCopy: "复制邀请链接", inviteUse: "使用邀请链接",
    noBot: "机器人还没有连上", noBotText: "模拟器已就绪，等机器人一连上，这里会自动更新。",
    photo: "照片", file: "文件", voice: "语音", location: "位置", sticker: "贴纸", ownPhone: "我的手机号", sample: "示例执照",
    sampleHint: "一张标有「样本」的虚构营业执照", shareTitle: "分享手机号？", shareText: "将把您的号码 {phone} 发送给 {bot}。", share: "分享",
    noPhone: "这位客户没有填写手机号", recording: "正在录音 {time}", stopSend: "停止并发送", noMicrophone: "没有麦克风，已发送一段示例语音",
    caption: "添加说明…", sendFile: "发送附件", expand: "展开", collapse: "收起", spoiler: "显示隐藏内容", openLink: "打开链接",
    openLinkText: "将在新标签页打开：", open: "打开", playVoice: "播放语音", pauseVoice: "暂停", download: "下载 {name}", viewPhoto: "查看照片",
    linkMenu: "从渠道链接打开…", linkMenuHint: "客户是从哪里来的？", channelMarket: "市场海报", channelMarketHint: "批发市场入口的二维码海报",
    channelWechat: "公众号文章", channelWechatHint: "文章底部的「去咨询」", channelPark: "合作园区", channelParkHint: "产业园服务大厅的桌牌",
    block: "停用机器人", unblock: "重新启用", blockedText: "您已停用这个机器人，收不到它的消息。",
    switchCustomer: "切换客户", switchManager: "换人", newCustomer: "新客户", newManager: "新客户经理", customers: "客户",
    managers: "团队", newCustomerHint: "选一个例子，或者自己填写", givenName: "名字", familyName: "姓（可不填）", phoneField: "手机号",
    userLanguage: "使用语言", create: "创建", chinese: "中文", english: "English",
    segSole: "个体工商户", segSmall: "小微企业主", segFarmer: "农户", segFlexible: "灵活就业",
    bioSole: "开面馆八年，节前要备货", bioSmall: "烘焙工厂，想添一台隧道炉", bioFarmer: "种大棚番茄，秋收后还款", bioFlexible: "骑手，想换一辆电动车",
    cmdStart: "开始，或继续上次", cmdHelp: "能帮您做什么", cmdHuman: "找客户经理", cmdBack: "回到上一个问题", cmdCancel: "停下当前申请",
    cmdLanguage: "切换语言 / Language", cmdPrivacy: "我的数据与授权", general: "主对话", topics: "话题", closedTopic: "已结束",
    failed: "没有成功，请再试一次", sendFailed: "没有发出去，请再试一次", unreachable: "连不上模拟器",
    contactCard: "联系人", photoAlt: "照片", stickerAlt: "贴纸", reactions: "回应",
    lenderName: "河谷小微信贷", lenderNote: "虚构的演示机构", automatic: "自动推进", automaticHint: "约一分钟走完审批",
    pace: "每步间隔", seconds: "{n} 秒", duplicates: "重复发送", duplicatesHint: "每个事件发两遍", disorder: "打乱顺序", disorderHint: "事件先后颠倒",
    noApplications: "还没有申请", noApplicationsText: "客户提交申请后会出现在这里。您来决定它走到哪一步。", lenderAway: "贷款机构服务未启动",
    lenderAwayText: "启动后，这里会自动显示收到的申请。", applications: "申请", months: "{n} 个月", actsNext: "等待", actor_customer: "客户", actor_lender: "机构",
    actor_bureau: "征信机构", actor_none: "已完结", actor_system: "系统", missing: "还缺：{list}", corrected: "客户已更正：{list}", step: "下一步", stepTo: "推进到「{stage}」", stepElse: "换一步走", stepTitle: "推进到哪一步？",
    delay: "拖一拖", requestDocument: "要材料", decide: "作决定", resend: "重发事件", resent: "已重发上一个事件", delayTitle: "晚多久再处理？",
    minutes: "{n} 分钟", documentTitle: "要求补充哪份材料？", decideTitle: "审批决定", approved: "批准", counter_offer: "调整方案", declined: "不批准",
    offerAmount: "金额（元）", offerMonths: "期限（月）", reasons: "主要原因（最多四条）", submitDecision: "发出决定", updated: "{time}更新",
    delayed: "已推迟", asked: "已要求补充材料", decided: "决定已发出", settings: "设置",
    phase_received: "收到", phase_documents: "材料", phase_risk: "风控", phase_decision: "决定", phase_payout: "放款",
    faultsText: "让模拟的 Telegram 服务器出错，看机器人怎样应对。", faultsNone: "这台模拟器没有可用的故障。", faultsClear: "全部关闭",
    fault_too_many_requests: "限流 429", fault_blocked: "被用户停用 403", fault_deactivated: "账号已注销 403", fault_not_modified: "内容未变 400",
    fault_server_error: "服务器错误", fault_timeout: "送达后不作声", fault_repeat_update: "同一更新送两次", fault_press_again: "一次点击、两个编号",
    fault_disorder: "更新乱序", setting_count: "次数（空着不限）", setting_probability: "概率", setting_retry_after: "等待秒数", setting_status: "状态码",
    setting_seconds: "沉默秒数", setting_hold: "押后秒数", struck: "已发生 {n} 次",
  },
  en: {
    title: "Tillwise demo", tagline: "A shopkeeper, account managers and a lender, side by side", language: "Page language", theme: "Light or dark",
    more: "More", moreTitle: "Page settings", faults: "Faults", close: "Close", cancel: "Cancel", ok: "OK", send: "Send",
    customer: "Customer", manager: "Manager", supervisor: "Supervisor", agent: "Field agent", team: "Team", lender: "Lender", views: "Views",
    switchTo: "Switch to {name}, {role}", handOver: "Open on {name}’s phone?", agentCode: "{name}’s QR code",
    online: "online", typing: "typing…", connecting: "connecting…", blocked: "stopped",
    message: "Message", commands: "Commands", attach: "Attach", keyboardShow: "Show quick replies",
    keyboardHide: "Hide quick replies", record: "Record a voice note", chatMenu: "More actions", log: "Chat",
    today: "Today", yesterday: "Yesterday", edited: "edited", editHistory: "Edit history", version: "Version {n}", current: "Now",
    newMessages: "{n} new", toBottom: "To the latest", actions: "Message actions", reply: "Reply", edit: "Edit", copy: "Copy text", copied: "Copied",
    editing: "Edit message", replyTo: "Reply to {name}", you: "You", save: "Save",
    start: "Start", emptyCustomer: "Hello, {name}",
    emptyCustomerText: "You are this small-business owner. Tap Start: the bot helps you compare products, see every cost, apply, and watch the approval step by step.",
    emptyManager: "The account manager’s phone", emptyManagerText: "Large applications, and customers who ask for a person, arrive here. Join the team first to take them.",
    inviteTitle: "You are invited to the team", inviteJoin: "Join the team", inviteCopy: "Copy invitation link", inviteUse: "Use the invitation link",
    noBot: "The bot has not connected yet", noBotText: "The simulator is ready. This page updates by itself once the bot connects.",
    photo: "Photo", file: "File", voice: "Voice note", location: "Location", sticker: "Sticker", ownPhone: "My phone number", sample: "Sample licence",
    sampleHint: "A fictional business licence, marked as a sample", shareTitle: "Share your phone number?", shareText: "{bot} will receive your number {phone}.", share: "Share",
    noPhone: "This customer has no phone number", recording: "Recording {time}", stopSend: "Stop and send", noMicrophone: "No microphone: a sample note was sent",
    caption: "Add a caption…", sendFile: "Send attachment", expand: "Show more", collapse: "Show less", spoiler: "Reveal hidden text", openLink: "Open link",
    openLinkText: "This opens in a new tab:", open: "Open", playVoice: "Play voice note", pauseVoice: "Pause", download: "Download {name}", viewPhoto: "View photo",
    linkMenu: "Open with link from channel…", linkMenuHint: "Where does this customer come from?", channelMarket: "Market poster", channelMarketHint: "QR code at the wholesale market’s gate",
    channelWechat: "WeChat article", channelWechatHint: "“Ask us” at the end of the article", channelPark: "Partner park", channelParkHint: "Desk sign in the industrial park’s service hall",
    block: "Stop the bot", unblock: "Restart", blockedText: "You stopped this bot. It cannot write to you.",
    switchCustomer: "Switch customer", switchManager: "Switch person", newCustomer: "New customer", newManager: "New manager", customers: "Customers",
    managers: "Team", newCustomerHint: "Pick an example, or fill in your own", givenName: "First name", familyName: "Last name", phoneField: "Phone number",
    userLanguage: "Language", create: "Create", chinese: "中文", english: "English",
    segSole: "Sole trader", segSmall: "Small company", segFarmer: "Farmer", segFlexible: "Flexible worker",
    bioSole: "Noodle shop, eight years; stocks up before the festival", bioSmall: "Bakery works that needs a tunnel oven", bioFarmer: "Greenhouse tomatoes; repays after harvest", bioFlexible: "Courier who wants a new e-bike",
    cmdStart: "Begin, or go on where you were", cmdHelp: "What I can do for you", cmdHuman: "Talk to an account manager", cmdBack: "Back to the previous question", cmdCancel: "Stop the current form",
    cmdLanguage: "Change language / 切换语言", cmdPrivacy: "My data and consents", general: "General", topics: "Topics", closedTopic: "closed",
    failed: "That did not work. Please try again.", sendFailed: "Not sent. Please try again.", unreachable: "The simulator cannot be reached",
    contactCard: "Contact", photoAlt: "Photo", stickerAlt: "Sticker", reactions: "Reactions",
    lenderName: "Rivergate Microfinance", lenderNote: "A fictional demo lender", automatic: "Automatic", automaticHint: "Through approval in about a minute",
    pace: "Time per step", seconds: "{n} s", duplicates: "Duplicates", duplicatesHint: "Every event is sent twice", disorder: "Out of order", disorderHint: "Events overtake each other",
    noApplications: "No applications yet", noApplicationsText: "They appear here as customers apply. You decide where each one goes.", lenderAway: "The lender is not running",
    lenderAwayText: "Its applications appear here once it is.", applications: "Applications", months: "{n} months", actsNext: "Waiting for", actor_customer: "customer", actor_lender: "lender",
    actor_bureau: "credit bureau", actor_none: "nobody: closed", actor_system: "system", missing: "Missing: {list}", corrected: "Corrected by the customer: {list}", step: "Next step", stepTo: "Move to “{stage}”", stepElse: "Another step", stepTitle: "Move to which stage?",
    delay: "Delay", requestDocument: "Ask for document", decide: "Decide", resend: "Send again", resent: "The last event was sent again", delayTitle: "Delay by how much?",
    minutes: "{n} min", documentTitle: "Which document is needed?", decideTitle: "Decision", approved: "Approve", counter_offer: "Counter-offer", declined: "Decline",
    offerAmount: "Amount (CNY)", offerMonths: "Term (months)", reasons: "Main reasons (up to four)", submitDecision: "Send decision", updated: "updated {time}",
    delayed: "Delayed", asked: "Document asked for", decided: "Decision sent", settings: "Settings",
    phase_received: "Received", phase_documents: "Documents", phase_risk: "Risk", phase_decision: "Decision", phase_payout: "Pay-out",
    faultsText: "Let the simulated Telegram server misbehave, and see how the bot copes.", faultsNone: "This simulator offers no faults.", faultsClear: "Switch all off",
    fault_too_many_requests: "Too many requests (429)", fault_blocked: "Blocked by the user (403)", fault_deactivated: "Account deactivated (403)", fault_not_modified: "Not modified (400)",
    fault_server_error: "Server error", fault_timeout: "Silence after delivery", fault_repeat_update: "Same update twice", fault_press_again: "One press, two update ids",
    fault_disorder: "Updates out of order", setting_count: "Times (empty: no limit)", setting_probability: "Probability", setting_retry_after: "Seconds to wait", setting_status: "Status code",
    setting_seconds: "Seconds of silence", setting_hold: "Seconds held back", struck: "happened {n} times",
  },
};

const STAGES = {
  zh: { draft: "草稿", consented: "已授权", submitted: "已提交", docs_check: "材料审核", docs_missing: "待补材料", credit_authorised: "征信授权", risk_review: "风险审查", site_visit: "实地走访", decision: "作出决定", approved: "已批准", counter_offer: "调整方案", declined: "未批准", signing: "签约", collateral: "担保登记", disbursing: "放款中", disbursed: "已放款", repaying: "还款中", settled: "已结清", withdrawn: "已撤回", expired: "已过期" },
  en: { draft: "Draft", consented: "Consented", submitted: "Submitted", docs_check: "Document check", docs_missing: "Documents missing", credit_authorised: "Credit enquiry authorised", risk_review: "Risk review", site_visit: "Site visit", decision: "Decision", approved: "Approved", counter_offer: "Counter-offer", declined: "Declined", signing: "Signing", collateral: "Collateral", disbursing: "Paying out", disbursed: "Paid out", repaying: "Repaying", settled: "Settled", withdrawn: "Withdrawn", expired: "Expired" },
};

const stored = localStorage.getItem("tillwise.language");
let language = stored in WORDS ? stored : navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";

export const currentLanguage = () => language;
export const locale = () => (language === "zh" ? "zh-CN" : "en-GB");
export const languages = () => Object.keys(WORDS);

export function useLanguage(next) {
  language = next;
  localStorage.setItem("tillwise.language", next);
}

/** The words of a key, with `{name}` filled; an unknown key is shown as it is. */
export function t(key, values = {}) {
  const words = WORDS[language][key] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export const knows = (key) => key in WORDS[language];

/** A stage in words: the server's own label, else ours. */
export function stageName(stage, labels = {}) {
  return word(labels[stage]) ?? STAGES[language][stage] ?? humanised(stage);
}

/** A server's label: `{"zh", "en"}` or a plain string. */
export function word(label) {
  if (label === null || label === undefined) return undefined;
  return typeof label === "object" ? label[language] ?? label.en ?? Object.values(label)[0] : String(label);
}

export const humanised = (id) => String(id).replaceAll("_", " ").replaceAll("-", " ");
