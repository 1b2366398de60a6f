import {expect, test} from 'vitest';
import {createRedaction} from '../../../src/domain/text/redaction.ts';
import {randomFrom, secretOf} from '../../support/random-secrets.ts';
import {encodings, leakIn} from '../../support/secret-encodings.ts';
import {isSweep} from '../../support/sweep.ts';

test('no secret and no piece longer than four characters passes, however it is written, split and cut', () => {
	const leaks: string[] = [];
	const secrets = isSweep ? 5_000 : 24;
	for (let seed = 0; seed < secrets; seed++) {
		const random = randomFrom(seed);
		const secret = secretOf(seed, random);
		const redaction = createRedaction();
		redaction.add(secret, 'ada');
		redaction.add('another-secret');

		for (const [name, write] of Object.entries(encodings)) {
			const written = write(secret);
			const at = random(written.length + 1);
			const from = random(at + 1);
			const long = `\u0001\u0001${written}\u0001\u0001`;
			for (const [how, shown] of Object.entries({
				whole: redaction.redact(long),
				'cut off': redaction.redact(`\u0001${written.slice(0, at)}`, {after: true}),
				'its end': redaction.redact(`${written.slice(at)}\u0001`, {before: true}),
				'its middle': redaction.redact(written.slice(from, at), {before: true, after: true}),
				shortened: redaction.redact(`It said: ${written.slice(0, at)}…${written.slice(at)}\u0001`),
				'in lines': lines(redaction, written, at),
				'in pieces': pieces(redaction, long, random),
			})) {
				const leak = leakIn(shown, written);
				if (leak !== undefined) {
					leaks.push(`seed ${seed}, ${name}, ${how} at ${at}: ${JSON.stringify(leak)} of ${JSON.stringify(written)}`);
				}
			}
		}
	}

	expect(leaks.slice(0, 10)).toEqual([]);
}, 900_000);

/** As a log whose lines are cut anywhere. */
function lines(redaction: ReturnType<typeof createRedaction>, written: string, at: number): string {
	const stream = redaction.stream();
	return `${stream.push(`\u0001${written.slice(0, at)}\n`)}${stream.push(`${written.slice(at)}\u0001\n`)}${stream.end()}`;
}

function pieces(redaction: ReturnType<typeof createRedaction>, text: string, random: (below: number) => number) {
	const stream = redaction.stream();
	let shown = '';
	for (let from = 0; from < text.length; ) {
		const until = from + 1 + random(20);
		shown += stream.push(text.slice(from, until));
		from = until;
	}

	return shown + stream.end();
}
