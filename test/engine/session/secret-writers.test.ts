import {expect, test} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import {renderMarkdown} from '../../../src/domain/post-mortem/markdown.ts';
import {postMortemOf} from '../../../src/domain/post-mortem/post-mortem.ts';
import {redactDeep} from '../../../src/domain/text/redaction.ts';
import {visibleJson} from '../../../src/domain/text/visible.ts';
import {fold} from '../../../src/plain/layout/fit.ts';
import {sayResult} from '../../../src/plain/session/say-visit.ts';
import {sayCheck} from '../../../src/plain/verify/say-check.ts';
import {sayFailure} from '../../../src/say-failure.ts';
import {createFormatter} from '../../../src/ui/draw/formatter.ts';
import {createMemoryJournal} from '../../support/memory-journal.ts';
import {brokenImage} from '../../support/probe-reports.ts';
import {randomFrom, secretOf} from '../../support/random-secrets.ts';
import {encodings, leakIn} from '../../support/secret-encodings.ts';
import {resultOf} from '../../support/small-catalogue.ts';
import {openSmallSession} from '../../support/small-session.ts';
import {isSweep} from '../../support/sweep.ts';

const format = createFormatter(true);

/** What every writer of a run shows whose outside systems print the secret in this encoding. */
async function shownBy(secret: string, written: string, at: number): Promise<Record<string, string>> {
	const journal = createMemoryJournal();
	let evidence = '';
	const {keep} = journal.journal;
	journal.journal.keep = (name, content) => {
		evidence += content;
		return keep(name, content);
	};
	const released = Promise.withResolvers<void>();
	const {redaction, session, phase} = await openSmallSession({
		journal,
		conduct: {
			run: async (action, _inputs, {log, progress}) => {
				await released.promise;
				log(`\u0001${written}\u0001`);
				log(`\u0001${written.slice(0, at)}`);
				log(`${written.slice(at)}\u0001\n`);
				log(`at the end ${written.slice(0, at)}`);
				progress({label: `reading ${written}`});
				return {...resultOf(action, 'broken'), say: `It said: ${written} and ${written.slice(0, at)}… more.`};
			},
		},
	});
	redaction.add(secret, 'ada');
	released.resolve();
	await phase('asking');
	await session.say({type: 'note.added', text: `a note: ${written}`});
	const view = session.current();

	const said: string[] = [];
	const voice = {
		version: '1',
		redact: redaction.redact,
		talk: (text: string) => void said.push(redaction.redact(text)),
		talkWrapped: (text: string) => void said.push(fold(redaction.redact(text), 40)),
	};
	const cause = new Error(written);
	const error = new OperatorError('ci.unreachable', `It said: ${written}.`, {hint: written, exit: 'failed', cause});
	for (const json of [false, true]) {
		sayFailure(error, {json, plain: true, color: false, verbose: true}, voice);
		sayFailure(cause, {json, plain: true, color: false, verbose: true}, voice);
	}

	const check = brokenImage('infra-ci:latest', {kind: 'child-missing', via: [], platform: written, detail: written});
	const shown = redactDeep(check, redaction.redact);
	return {
		journal: journal.events.map(event => JSON.stringify(event)).join('\n'),
		evidence,
		screen: view.live.lines
			.flatMap(({text}) => [format.cut(format.row(text), 60), ...format.wrap(text, 40)])
			.map(textOf)
			.join('\n'),
		'the view of a session': JSON.stringify(view.incident.visits),
		plain: redaction.redact(view.incident.visits.flatMap(sayResult).join('\n')),
		export: redaction.redact(renderMarkdown(postMortemOf(journal.events))),
		JSON: redaction.redact(visibleJson({check: shown}, '  ')),
		verify: redaction.redact([40, 80, 200].flatMap(columns => sayCheck(shown, {columns})).join('\n')),
		errors: said.join(''),
	};
}

function textOf(row: readonly {text: string}[]): string {
	return row.map(({text}) => text).join('');
}

test('no writer shows a secret or a piece of it, however it is written and split', async () => {
	const leaks: string[] = [];
	const secrets = isSweep ? 1_000 : 2;
	for (let seed = 0; seed < secrets; seed++) {
		const random = randomFrom(seed + 10_000);
		const secret = secretOf(seed, random);
		const names = Object.keys(encodings);
		for (const name of isSweep ? [names[random(names.length)]!, names[random(names.length)]!] : names) {
			const written = encodings[name]!(secret);
			const at = random(written.length + 1);
			for (const [writer, shown] of Object.entries(await shownBy(secret, written, at))) {
				const leak = leakIn(shown, written);
				if (leak !== undefined) {
					leaks.push(`${writer}: seed ${seed}, ${name}, at ${at}: ${leak} of ${JSON.stringify(written)}`);
				}
			}
		}
	}

	expect(leaks.slice(0, 10)).toEqual([]);
}, 900_000);
