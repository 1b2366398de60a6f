import {readFile, rm} from 'node:fs/promises';
import {expect, it} from 'vitest';
import {parseDigest} from '../../src/domain/image/digest.ts';
import {outcomeOfItem} from '../../src/domain/incident/item.ts';
import {openStore} from '../../src/drills/images/store.ts';
import type {Storage} from '../../src/engine/ports/storage.ts';
import {openDay} from '../support/garbage-day.ts';
import {approve, settle} from '../support/real-responder.ts';

/** A disk of which every third manifest cannot be read. */
function failing(storage: Storage): Storage {
	return {
		...storage,
		async list(options) {
			const listing = await storage.list(options);
			const unread = [...listing.manifests.keys()].filter((_, n) => n % 3 === 0);
			return {
				...listing,
				complete: false,
				gaps: [...listing.gaps, `${unread.length} blobs that may be manifests could not be read`],
				manifests: new Map([...listing.manifests].filter(([digest]) => !unread.includes(digest))),
			};
		},
	};
}

it('where a third of the manifests cannot be read, the page calls nothing damaged and has instructions only', {
	timeout: 120_000,
}, async () => {
	await using day = await openDay({disk: failing});

	const incident = await day.lead({});

	const scope = incident.visits.find(({step}) => step === 'scope')!;
	expect(scope).toMatchObject({outcome: 'storage', output: {rows: [], images: [], byRestart: []}});
	expect(scope.say).toContain('nothing is to be restarted, moved or pushed, before the storage is repaired');
	expect(incident.visits.map(({step}) => step)).toEqual(['diagnose', 'scope', 'storage-by-hand']);
	expect(incident.visits.at(-1)!.asked).toMatchObject({kind: 'by-hand'});
	expect(day.events.filter(({type}) => type === 'gate.opened' || type === 'plan.settled')).toEqual([]);
});

it('what was relinked and is damaged again is planned once more, and not recommended the same', {
	timeout: 120_000,
}, async () => {
	let wasBroken = false;
	await using day = await openDay({
		// Somebody's script takes the links away again, between the repair and the check.
		async before(event, {storageRoot}) {
			if (event.type === 'step.started' && event.step === 'verify-planned' && !wasBroken) {
				wasBroken = true;
				const {digest} = day.world.broken.images!.find(({tags}) => tags.includes('1.41.1'))!;
				const store = openStore(storageRoot);
				const {manifests} = JSON.parse(await readFile(store.blobFile(parseDigest(digest)), 'utf8'));
				await rm(store.revisionLink('web/shop', parseDigest(manifests[0].digest)));
			}
		},
	});

	const incident = await day.lead({plan: [settle], apply: [approve]});

	const said = incident.visits.map(({step, outcome, say}) => `${step}: ${outcome}: ${say}`).join('\n');
	const steps = incident.visits.map(({step}) => step);
	expect(steps.slice(-4), said).toEqual(['apply', 'verify-planned', 'scope', 'plan']);
	const items = incident.visits.find(({items: some}) => some)!.items!;
	const relinked = items.find(({title}) => title.includes('1.41.1'))!;
	expect([relinked.remedy, outcomeOfItem(relinked)]).toEqual(['relink', 'done']);
	const check = incident.visits.find(({step}) => step === 'verify-planned')!;
	expect(check, said).toMatchObject({outcome: 'broken'});

	const rows = incident.visits.at(-1)!.rows!;
	expect(rows.map(({id}) => id)).toEqual([relinked.row]);
	expect(rows[0]!.recommended).not.toBe('relink');
	expect(rows[0]!.remedies.map(({remedy}) => remedy)).toContain('relink');
});
