import {readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {parseDigest} from '../../src/domain/image/digest.ts';
import {exitOf} from '../../src/domain/incident/standing.ts';
import {openStore} from '../../src/drills/images/store.ts';
import type {Storage} from '../../src/engine/ports/storage.ts';
import {openDay} from '../support/garbage-day.ts';
import {answer, approve, settle} from '../support/real-responder.ts';

const repairing = {plan: [settle], apply: [approve]};
const following = {'pick-pipelines': [answer({pipelines: []})]};

/** A disk that tells how often it was listed. */
function listed() {
	let lists = 0;
	const seen = [1, 2, 3].map(() => Promise.withResolvers<void>());
	return {
		count: () => lists,
		begun: (nth: number) => seen[nth - 1]!.promise,
		disk: (storage: Storage): Storage => ({
			...storage,
			list(options) {
				seen[lists++]?.resolve();
				return storage.list(options);
			},
		}),
	};
}

it('the repaired images are told first; the look at every tag goes on behind the follow-ups, and the end waits for it', {
	timeout: 120_000,
}, async () => {
	const looks = listed();
	await using day = await openDay({
		disk: looks.disk,
		async before(event) {
			// It has begun before the follow-ups are over: nothing else lists the disk until then.
			if (event.type === 'step.started' && event.step === 'prevent') {
				await looks.begun(2);
			}
		},
	});

	const incident = await day.lead({...repairing, ...following});

	const said = incident.visits.map(({step, outcome, say}) => `${step}: ${outcome}: ${say}`).join('\n');
	expect(
		incident.visits.find(({step}) => step === 'verify-planned'),
		said,
	).toMatchObject({
		outcome: 'intact',
		say: '5 of 5 planned intact: every byte was read. Not over: the look at the disk and at every tag is still running.',
		output: {verdict: 'unknown', gaps: ['the look at the disk and at every tag is still running']},
	});
	expect(incident.visits.slice(-2).map(({step}) => step)).toEqual(['verify-all', 'close']);
	expect(incident.visits.at(-2)).toMatchObject({outcome: 'intact', say: '5 of 5 planned intact.'});
	expect([looks.count(), incident.verdict?.verdict]).toEqual([2, 'intact']);
	// A tag that no repair and no follow-up is about is asked for by the look, whichever step was shown then. Scope may have sampled it.
	const asking = [...day.logs].flatMap(([name, log]) => (log.includes('/base/alpine/manifests/3.21 ') ? [name] : []));
	expect(
		asking.filter(name => name !== 'scope-1.log'),
		[...day.logs.keys()].join(' '),
	).toEqual(['verify-all-1.log']);
});

it('left before the look is over, the incident is unknown; resumed, it looks at everything once more', {
	timeout: 120_000,
}, async () => {
	const looks = listed();
	await using day = await openDay({disk: looks.disk});

	const left = await day.lead(repairing);
	const before = looks.count();

	expect([left.visits.at(-1)!.step, left.verdict?.verdict, exitOf(left)]).toEqual(['pick-pipelines', 'unknown', 8]);

	const incident = await day.goOn(following);

	expect(incident.visits.at(-2)).toMatchObject({step: 'verify-all', outcome: 'intact', say: '5 of 5 planned intact.'});
	expect([looks.count() - before, incident.verdict?.verdict]).toEqual([1, 'intact']);
});

it('what was intact and is damaged when every tag is looked at comes first, and leads to a new plan', {
	timeout: 120_000,
}, async () => {
	let wasBroken = false;
	await using day = await openDay({
		async before(event, {storageRoot}) {
			if (event.type === 'step.started' && event.step === 'verify-planned' && !wasBroken) {
				wasBroken = true;
				const store = openStore(storageRoot);
				const digest = parseDigest(
					await readFile(path.join(store.tagFolder('base/alpine', '3.21'), 'current/link'), 'utf8'),
				);
				await rm(store.revisionLink('base/alpine', digest));
			}
		},
	});

	const incident = await day.lead({...repairing, ...following});

	const said = incident.visits.map(({step, outcome, say}) => `${step}: ${outcome}: ${say}`).join('\n');
	const check = incident.visits.find(({step}) => step === 'verify-all')!;
	expect(check, said).toMatchObject({outcome: 'broken'});
	expect(check.say).toMatch(/^1 new: base\/alpine:3\.21; 5 of 5 planned intact/);
	expect(incident.visits.slice(-2).map(({step}) => step)).toEqual(['scope', 'plan']);
});
