"""Alerts of the agent's own health, while it can still say so."""

from __future__ import annotations

from alerting.alert import Alert, Group
from alerting.expressions import newest
from texts import Text

_LAG = "sum by (job, instance, le) (rate(diemcau_schedule_lag_seconds_bucket[5m]))"
_QUEUE = newest("diemcau_mqtt_queue_length")

AGENT: tuple[Alert, ...] = (
    Alert(
        "DiemcauAgentLagging",
        f"histogram_quantile(0.99, {_LAG}) > 1",
        "warning",
        Text(
            "Máy giám sát {instance} quá tải: các lần đo bắt đầu trễ.",
            "The agent {instance} is overloaded: its polls begin late.",
        ),
        Text(
            "Trong 100 lần đo có hơn một lần trễ trên 1 giây; số liệu kém chính xác. Xem CPU của máy; chia bớt bằng "
            "diemcau run --shard 1/2 hoặc đo thưa hơn.",
            "One poll in a hundred is over 1 s late; figures lose their precision. Look at the host's CPU; divide the "
            "fleet by diemcau run --shard 1/2 or ask less often.",
        ),
        for_s=600,
    ),
    Alert(
        "DiemcauConfigRefused",
        f"{newest('diemcau_config_last_reload_successful')} == 0",
        "warning",
        Text(
            "Máy giám sát {instance} từ chối cấu hình mới, vẫn chạy cấu hình cũ.",
            "The agent {instance} refused its new configuration; the old one stays in force.",
        ),
        Text(
            "Chạy diemcau config check để thấy mọi lỗi kèm tệp và dòng; sửa rồi nạp lại: systemctl reload diemcau.",
            "diemcau config check names every fault with file and line; mend and reload: systemctl reload diemcau.",
        ),
    ),
    Alert(
        "DiemcauHistoryNotWritten",
        f"{newest('diemcau_history_written')} == 0",
        "warning",
        Text(
            "Máy giám sát {instance} không ghi được lịch sử xuống đĩa.",
            "The agent {instance} can't write its history to disk.",
        ),
        Text(
            "Vẫn giám sát, nhưng khởi động lại lúc này sẽ mất phần chưa ghi. Xem chỗ trống của state_dir (df -h) và lý "
            "do ở đầu trang /outages.",
            "It still watches, but a restart now would lose what is not written. See df -h of its state_dir, and the "
            "reason at the top of /outages.",
        ),
        for_s=300,
    ),
    Alert(
        "DiemcauSnmpAuthFailing",
        'sum by (job, instance, collector) (increase(diemcau_polls_total{result="auth"}[15m])) > 1',
        "warning",
        Text(
            "Máy giám sát {instance}: có thiết bị từ chối xác thực SNMP.",
            "The agent {instance}: some device refuses its SNMP user or key.",
        ),
        Text(
            "{value} lần trong 15 phút. Nhật ký máy giám sát nêu thiết bị nào; thử lại: diemcau snmp identify ID. Sửa "
            "credentials trong cấu hình hoặc tài khoản SNMPv3 trên thiết bị.",
            "{value} times in 15 minutes. The agent's log names the device; try: diemcau snmp identify ID. Mend the "
            "credentials in the configuration or the SNMPv3 user on the device.",
        ),
        for_s=300,
    ),
    Alert(
        "DiemcauMqttBacklog",
        f"{_QUEUE} > 1000\nor\n{_QUEUE} and on (job, instance) {newest('diemcau_mqtt_connected')} == 0",
        "warning",
        Text(
            "Máy giám sát {instance}: {value} tin MQTT chờ gửi, bên nhận (IOC) chưa nhận được.",
            "The agent {instance}: {value} MQTT messages wait, their readers get none.",
        ),
        Text(
            "Tin được giữ trên đĩa và gửi theo thứ tự khi máy chủ MQTT có lại. Kiểm tra máy chủ đó, cổng 8883, chứng "
            "chỉ và mật khẩu.",
            "They are kept on disk and go out in order when the broker is back. Check the broker, port 8883, "
            "certificate and password.",
        ),
        for_s=600,
    ),
)

GROUP = Group("diemcau-agent", 60, AGENT)
