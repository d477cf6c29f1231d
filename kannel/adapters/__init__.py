"""Operators whose HTTP API Kannel's driver cannot speak: POST, JSON, XML, forms, bearer tokens, basic auth.

Kannel's generic HTTP driver calls `application` on loopback by GET, once for each message however long it is. The
operator's request is built from the templates of an `Adapter`, its answer is read by that adapter's rules, and Kannel hears
one of three words: OK and an id, NO, or LATER. A receipt that the operator calls us with becomes the call that
Kannel's driver expects.

No message leaves twice by our doing. Kannel repeats what it got no answer for, and what it was told to try later; after a
death it repeats what it had under way. So `memory` notes in Redis that a message is about to leave, before it does, and
what came of it. A repeated call is answered from there and nobody is asked again. LATER is said only where the message has
certainly not been taken: the operator says so, or no connection came about. A time-out after the bytes have left, a link
that breaks, an answer that no rule fits are UNKNOWN: Kannel hears OK with an id of ours (`unknown-` and the message's
own), so that it never sends it again, and the message ends with its receipt, should the operator name our id, or by the
clock. Without Redis nothing leaves at all.
"""
