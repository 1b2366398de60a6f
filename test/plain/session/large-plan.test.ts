import {expect, test} from 'vitest';
import {runPlain} from '../../../src/plain/session/run-plain.ts';
import {largeRows, openLargePlan} from '../../support/large-plan.ts';

test('a plan of 3,000 rows is told in groups, opened, changed and approved as groups', async () => {
	const script: [after: string, line: string][] = [
		['Type "accept"', 'group 1'],
		[' 39. team/app-38:1', 'row 1 leave'],
		['19 mend, 1 leave', 'group 2 tell'],
		['child-swept, used: tell', 'group 9 leave'],
		['The plan has no group 9.', 'only-used'],
		['child-swept, no use known: leave', 'accept'],
		['Type exactly', 'approve'],
		['What now?', 'stop'],
	];
	const small = await openLargePlan();
	let text = '';
	let seen = 0;
	let told = Promise.withResolvers<void>();
	async function* answers() {
		for (const [after, line] of script) {
			while (!text.slice(seen).includes(after)) {
				await told.promise;
			}

			seen = text.length;
			yield `${line}\n`;
		}

		await small.session.ended;
	}

	const {incident} = await runPlain({
		session: small.session,
		output(more) {
			text += more;
			told.resolve();
			told = Promise.withResolvers();
		},
		answers: answers(),
		autopilot: false,
		now: () => new Date(),
		journalFolder: '/state/incidents/x',
		resumeCommand: 'regmedic resume x',
	});

	expect(text).toContain(`The plan, 3000 rows in groups:
 Group 1. 20 × child-unlinked, used: mend
     Rows: team/app-0:1; team/app-2:1; team/app-4:1; team/app-6:1; team/app-8:1
       and 15 more
     Why: all bytes are here
     Does: 20 changes: 20 restart
     Undo: none
     Or: tell
     Or: leave
`);
	expect(text).toContain('  39 × restart\n');
	const items = incident.visits.find(({step}) => step === 'apply')!.items!;
	expect(items.map(({row}) => row)).toEqual(largeRows.slice(1, 40).map(({id}) => id));
}, 120_000);
