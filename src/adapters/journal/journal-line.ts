import {createHash} from 'node:crypto';
import type {JournalEvent} from '../../domain/incident/event.ts';
import {visibleJson} from '../../domain/text/visible.ts';

/** What the first event's `prev` says. */
export const beginning = '0'.repeat(64);

export type RecordedEvent = JournalEvent & {seq: number; prev: string; hash: string};

/** The line without its newline. The hash is over the exact bytes of the line as it stands before the hash is put in. */
export function writeLine(event: JournalEvent, seq: number, prev: string): {line: string; hash: string} {
	const {at, mono, actor, type, ...rest} = event;
	const body = visibleJson({seq, at, mono, actor, type, ...rest, prev});
	const hash = hashOf(body);
	return {line: `${body.slice(0, -1)},"hash":"${hash}"}`, hash};
}

/** `whole`: its own bytes are as they were written, so no crash has torn it. */
export type ReadLine = {ok: true; event: RecordedEvent} | {ok: false; reason: string; whole: boolean};

export function readLine(line: string, seq: number, prev: string): ReadLine {
	const match = /^(.*),"hash":"([0-9a-f]{64})"\}$/s.exec(line);
	if (!match || hashOf(`${match[1]}}`) !== match[2]) {
		return {ok: false, reason: 'its bytes do not match its hash', whole: false};
	}

	const event = JSON.parse(line) as RecordedEvent;
	if (event.seq !== seq) {
		return {ok: false, reason: `it is event ${event.seq} where event ${seq} should stand`, whole: true};
	}

	return event.prev === prev
		? {ok: true, event}
		: {ok: false, reason: 'it does not follow the line before it', whole: true};
}

function hashOf(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}
