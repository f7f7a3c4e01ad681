"""JSON: written and read back."""

import json

import pyperf


def run():
    data = {
        "rows": [
            {"id": i, "name": f"row \"{i}\" \u00e9", "values": [i, i / 4, None, i % 2 == 0]}
            for i in range(300)
        ],
        "empty": {},
    }
    text = json.dumps(data)
    again = json.loads(text)
    pretty = json.dumps(again, indent=1, sort_keys=True, ensure_ascii=False)
    return len(text), again == data, len(pretty), again["rows"][7]


pyperf.Runner().bench_checked("json_text", run)
