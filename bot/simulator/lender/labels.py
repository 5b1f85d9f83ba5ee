"""The lender's own words for its page; its customers read the bot's, not these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.applications.stages import Stage

DOCUMENT_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "business_licence": ("营业执照", "Business licence"),
    "bank_statements": ("银行流水", "Bank statements"),
    "tax_return": ("纳税申报表", "Tax return"),
    "lease": ("租赁合同", "Lease"),
    "purchase_orders": ("采购订单", "Purchase orders"),
    "platform_income": ("平台收入证明", "Platform income"),
    "land_contract": ("土地承包合同", "Land contract"),
    "equipment_quote": ("设备报价单", "Equipment quote"),
    "sales_records": ("进销记录", "Sales records"),
    "season_plan": ("种养计划", "Season plan"),
    "platform_settlements": ("平台结算单", "Platform settlements"),
    "collection_records": ("收款码流水", "Payment-code takings"),
    "service_permit": ("经营许可证", "Service permit"),
    "course_records": ("排课和报名记录", "Course records"),
    "park_membership": ("园区入驻证明", "Park membership"),
}
REASON_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "turnover_too_low": ("营业额偏低", "Turnover too low"),
    "time_in_business": ("经营时间不够", "Time in business too short"),
    "existing_debt": ("现有负债偏高", "Existing debt too high"),
    "repayment_history": ("还款记录", "Repayment history"),
    "unverified_documents": ("材料无法核实", "Documents not verified"),
    "purpose_not_covered": ("用途不在范围内", "Purpose not covered"),
    "amount_too_high": ("申请金额偏高", "Amount too high"),
    "outside_area": ("不在服务区域", "Outside the area"),
}
ANSWER_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "contact_name": ("姓名", "Name"),
    "phone": ("电话", "Telephone"),
    "business_name": ("商户名称", "Business"),
    "uscc": ("统一社会信用代码", "Credit code"),
    "months_trading": ("经营时间", "Time in business"),
    "monthly_turnover": ("月营业额", "Monthly turnover"),
    "season_income": ("一季收入", "Income of a season"),
    "open_debts": ("未还贷款", "Open debts"),
}
PRODUCT_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "working_capital": ("随借随还周转贷", "Working-capital line"),
    "equipment": ("设备贷", "Equipment loan"),
    "harvest": ("丰收贷", "Harvest loan"),
    "flexible": ("灵工贷", "Flexible-worker loan"),
    "platform_line": ("网店流水贷", "Online-shop line"),
    "supply_order": ("订单贷", "Order-backed farm loan"),
    "service_cycle": ("服务周期贷", "Term and course loan"),
    "takings_loan": ("随流水贷", "Takings-linked loan"),
    "park_package": ("园区组合贷", "Park package"),
}
STAGE_LABELS: Final[Mapping[Stage, tuple[str, str]]] = {
    Stage.SUBMITTED: ("已提交", "Submitted"),
    Stage.DOCS_CHECK: ("审核材料", "Checking documents"),
    Stage.DOCS_MISSING: ("待补材料", "Documents missing"),
    Stage.CREDIT_AUTHORISED: ("查询征信", "Credit enquiry"),
    Stage.RISK_REVIEW: ("风险审批", "Risk review"),
    Stage.SITE_VISIT: ("实地走访", "Site visit"),
    Stage.APPROVED: ("已批准", "Approved"),
    Stage.COUNTER_OFFER: ("调整方案", "Counter-offer"),
    Stage.DECLINED: ("未通过", "Declined"),
    Stage.SIGNING: ("签约", "Signing"),
    Stage.COLLATERAL: ("办理抵押", "Collateral"),
    Stage.DISBURSING: ("放款中", "Disbursing"),
    Stage.DISBURSED: ("已放款", "Disbursed"),
    Stage.REPAYING: ("还款中", "Repaying"),
    Stage.SETTLED: ("已结清", "Settled"),
    Stage.WITHDRAWN: ("已撤回", "Withdrawn"),
    Stage.EXPIRED: ("已过期", "Expired"),
}


def options() -> dict[str, Any]:
    """What may be asked for, given as a reason, moved to, lent and put right, each with its label in both languages."""
    return {
        "documents": _labelled(DOCUMENT_LABELS),
        "reasons": _labelled(REASON_LABELS),
        "stages": _labelled(STAGE_LABELS),
        "products": _labelled(PRODUCT_LABELS),
        "answers": _labelled(ANSWER_LABELS),
    }


def _labelled(labels: Mapping[Any, tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"id": str(name), "label": {"zh": zh, "en": en}} for name, (zh, en) in labels.items()]
