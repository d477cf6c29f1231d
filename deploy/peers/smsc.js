// An SMSC of the npm package smpp: takes every message, notes it, and sends its receipt a moment later.
// node smsc.js PORT RECORD PASSWORD, with the package in NODE_PATH.
'use strict';
const fs = require('fs');
const smpp = require('smpp');

const [port, record, password] = process.argv.slice(2);
const lines = fs.openSync(record, 'a');
const RECEIPT_DELAY_MS = 100;
const DELIVERY_RECEIPT = 0x04;
let last = Date.now() * 1000;

function stamp() {
  return new Date().toISOString().replace(/[-T:]/g, '').slice(2, 12);
}

function receipt(session, pdu, id) {
  session.deliver_sm({
    source_addr: pdu.destination_addr,
    source_addr_ton: pdu.dest_addr_ton,
    source_addr_npi: pdu.dest_addr_npi,
    destination_addr: pdu.source_addr,
    dest_addr_ton: pdu.source_addr_ton,
    dest_addr_npi: pdu.source_addr_npi,
    esm_class: DELIVERY_RECEIPT,
    short_message:
      `id:${id} sub:001 dlvrd:001 submit date:${stamp()} done date:${stamp()} stat:DELIVRD err:000 text:`,
  });
}

const server = smpp.createServer((session) => {
  session.on('bind_transceiver', (pdu) => {
    const ok = pdu.password === password;
    session.send(pdu.response(ok ? {} : { command_status: smpp.ESME_RINVPASWD }));
  });
  session.on('submit_sm', (pdu) => {
    const id = String(++last);
    fs.writeSync(lines, `${pdu.destination_addr} ${id}\n`); // before it is answered
    session.send(pdu.response({ message_id: id }));
    if (pdu.registered_delivery & 1) setTimeout(() => receipt(session, pdu, id), RECEIPT_DELAY_MS);
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    session.close();
  });
  session.on('error', () => session.close());
});
server.listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
