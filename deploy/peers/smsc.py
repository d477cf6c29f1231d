"""An SMSC of the PyPI package smpp34: takes every message, notes it, and sends its receipt a moment later.

`python smsc.py PORT RECORD PASSWORD`, in an environment that has the package. It takes any password.
"""

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import IO, Any

import smpp34

RECEIPT_DELAY_SECONDS = 0.1
DELIVERY_RECEIPT = 0x04


async def receipt(esme: Any, taken: Any, message_id: str) -> None:
    """Tells that the message has arrived."""
    await asyncio.sleep(RECEIPT_DELAY_SECONDS)
    now = time.strftime("%y%m%d%H%M", time.gmtime())
    text = f"id:{message_id} sub:001 dlvrd:001 submit date:{now} done date:{now} stat:DELIVRD err:000 text:"
    await esme.deliver_sm(
        taken.source_addr,
        text.encode(),
        source_addr=taken.destination_addr,
        source_addr_ton=taken.dest_addr_ton,
        source_addr_npi=taken.dest_addr_npi,
        dest_addr_ton=taken.source_addr_ton,
        dest_addr_npi=taken.source_addr_npi,
        esm_class=DELIVERY_RECEIPT,
    )


async def serve(port: int, record: IO[str]) -> None:
    """Until the process is told to stop."""
    server = smpp34.Server(host="127.0.0.1", port=port, system_id="smpp34")
    await server.start()
    sessions: dict[str, Any] = {}
    receipts: set[asyncio.Task[None]] = set()
    last = int(time.time() * 1_000_000)
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Esme):
            sessions[event.session_id] = event
        elif isinstance(event, smpp34.SubmitSmEvent):
            last += 1
            record.write(f"{event.destination_addr} {last}\n")
            event.accept(str(last))
            if event.registered_delivery & 1:
                task = asyncio.create_task(receipt(sessions[event.session_id], event, str(last)))
                receipts.add(task)
                task.add_done_callback(receipts.discard)
        else:
            sessions.pop(event.session_id, None)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    with Path(sys.argv[2]).open("a", buffering=1) as file:
        asyncio.run(serve(int(sys.argv[1]), file))
