import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {JournalEvent} from '../../../src/domain/incident/event.ts';
import {createRedaction, redactDeep, redactEvent} from '../../../src/domain/text/redaction.ts';
import {tries} from '../../support/sweep.ts';

const secret = 'p@ss/w+rd "äß\'&<1>';

function redactionOf(...secrets: string[]) {
	const redaction = createRedaction();
	for (const each of secrets) {
		redaction.add(each, 'ada');
	}

	return redaction;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

test.each([
	['as it is', secret],
	['in base64', base64(secret)],
	['in base64 without its end', base64(secret).replace(/=+$/, '')],
	['in base64url', Buffer.from(secret).toString('base64url')],
	['in a Basic header', `Basic ${base64(`ada:${secret}`)}`],
	['percent-encoded', encodeURIComponent(secret)],
	['percent-encoded in lower case', encodeURIComponent(secret).replace(/%../g, hex => hex.toLowerCase())],
	['percent-encoded by RFC 3986', encodeURIComponent(secret).replace(/'/g, '%27')],
	['in a form', new URLSearchParams({p: secret}).toString().slice(2)],
	['in JSON', JSON.stringify({p: secret})],
	[
		'in JSON of ASCII only',
		JSON.stringify(secret).replace(/[\u007f-\uffff]/g, unit => `\\u00${unit.charCodeAt(0).toString(16)}`),
	],
	['in hex', Buffer.from(secret).toString('hex')],
	[
		'in HTML',
		secret
			.replace(/&/g, '&amp;')
			.replace(/</g, '&lt;')
			.replace(/>/g, '&gt;')
			.replace(/"/g, '&quot;')
			.replace(/'/g, '&#39;'),
	],
	['in a shell’s quotes', `'${secret.replace(/'/g, `'\\''`)}'`],
])('a secret %s is hidden', (_how, text) => {
	const {redact} = redactionOf(secret);

	const shown = redact(`before ${text} after`);
	expect(shown).toMatch(/^before .*\[secret\].* after$/);
	expect(shown).not.toContain(text);
	expect(shown).not.toMatch(/w\+rd|cEBzcy93|w%2b/i);
});

test('a secret inside a longer base64 text is hidden at each alignment', () => {
	const {redact} = redactionOf('correct-horse-battery');
	for (const before of ['', 'a', 'ab', 'abc']) {
		const shown = redact(base64(`${before}correct-horse-battery and more`));

		expect(shown).toContain('[secret]');
		expect(Buffer.from(shown, 'base64').toString()).not.toContain('horse');
	}
});

test('no text contains a secret after redaction, whatever surrounds it', () => {
	const texts = fc.string({minLength: 4, maxLength: 40}).filter(text => !'[secret]'.includes(text));
	fc.assert(
		fc.property(texts, fc.string(), fc.string(), (hidden, before, after) => {
			const {redact} = redactionOf(hidden);
			const around = [before, after].map(text => text.replaceAll(hidden, ''));

			for (const form of [hidden, base64(hidden), encodeURIComponent(hidden), JSON.stringify(hidden)]) {
				const shown = redact(`${around[0]}\u0001${form}\u0001${around[1]}`);
				expect(shown.split('\u0001')[1]).toMatch(/\[secret\]/);
			}
		}),
		{numRuns: tries(100)},
	);
});

test('redacting twice changes nothing: the mask does not grow', () => {
	const {redact} = redactionOf('secret', 'secr');

	expect(redact(redact('my secret is secret'))).toBe('my [secret] is [secret]');
});

test('a short word is not hidden, and a longer secret wins over a part of it', () => {
	expect(redactionOf('abc').redact('abc')).toBe('abc');
	expect(redactionOf('horse', 'horse-battery').redact('horse-battery')).toBe('[secret]');
});

test('each long line of a multi-line secret is hidden on its own', () => {
	const {redact} = redactionOf('-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END KEY-----');

	expect(redact('log: MIIEvQIBADANBgkqhkiG')).toBe('log: [secret]');
});

test('half a surrogate and a hundred kilobytes can be secrets', () => {
	expect(redactionOf('abc\ud800def').redact('x abc\ud800def')).toBe('x [secret]');
	const long = Array.from({length: 18_000}, (_, at) => `${at}.`).join('');
	expect(redactionOf(long).redact(`<${long}>`)).toBe('<[secret]>');
	expect(redactionOf(long).redact(base64(long))).toBe('[secret]');
});

test('every text in a value is redacted, whatever its depth', () => {
	const {redact} = redactionOf('hunter2');

	expect(redactDeep({a: ['hunter2', {b: 'x hunter2'}], c: 2, d: null}, redact)).toEqual({
		a: ['[secret]', {b: 'x [secret]'}],
		c: 2,
		d: null,
	});
});

test('a password equal to a word of the machine does not change a route', () => {
	const {redact} = redactionOf('registry', 'approve', 'verify', 'latest');
	const at = {at: '2026-04-19T03:00:00Z', mono: 1, actor: 'registry'};
	const events: JournalEvent[] = [
		{...at, type: 'gate.answered', answer: 'approve', step: 'verify', attempt: 1},
		{
			...at,
			type: 'step.started',
			step: 'restart-registry',
			attempt: 1,
			effect: 'write',
			success: ['verify'],
			with: {image: 'a:latest'},
		},
		{...at, type: 'choice.made', option: 'verify', step: 'decide', attempt: 1},
	];

	expect(events.map(event => redactEvent(event, redact))).toEqual(events);
	expect(redactEvent({...at, type: 'note.added', text: 'it was registry'}, redact)).toMatchObject({
		text: 'it was [secret]',
	});
	expect(redactEvent({...at, type: 'decision.reopened', reason: 'registry'}, redact)).toMatchObject({
		reason: '[secret]',
	});
});
