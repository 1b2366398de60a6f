import {exitCodes} from '../errors.ts';
import {type Digest, shortDigest} from '../image/digest.ts';
import {type Incident, isFinished} from '../incident/incident.ts';
import {isGood, outcomeOfItem} from '../incident/item.ts';
import {exitOf} from '../incident/standing.ts';
import {whyOtherTags} from './other-tags.ts';
import type {Plan, PlanImage} from './plan.ts';
import {rowOfItem} from './row-id.ts';

/** What a tag names now; null: nothing. Left out: it could not be read. */
export type TagsNow = ReadonlyMap<string, Digest | null>;

/** The images that are not damaged any more: whether their tags say that they were repaired is still to be looked at. */
export function imagesNotFound(plan: Plan, {visits}: Incident): PlanImage[] {
	const rows = new Set(visits.flatMap(visit => visit.rows ?? []).map(({id}) => id));
	return plan.images.filter(({id}) => !rows.has(id));
}

/** Why an image that is not damaged any more is not what was approved. Undefined: the same digest has all of its tags. */
export function whyNotApproved({digest, tags}: Pick<PlanImage, 'digest' | 'tags'>, now: TagsNow): string | undefined {
	const reasons = tags.flatMap(tag => {
		const is = now.get(tag);
		if (is === undefined) {
			return [`What ${tag} names now could not be read.`];
		}

		if (is === digest) {
			return [];
		}

		if (is === null) {
			return [`${tag} was deleted since the plan was made.`];
		}

		return digest === undefined
			? [`${tag} named nothing, and names ${shortDigest(is)} now.`]
			: [
					`${tag} has moved since the plan was made: it named ${shortDigest(digest)}, and names ${shortDigest(is)} now.`,
				];
	});
	return reasons.length === 0 ? undefined : reasons.join(' ');
}

/**
 * A plan with what became of it: of every item its outcome, of every image its verdict beside what it was before. An image whose row
 * was not settled as planned has `changed`, with the tags if it has others than were approved, and so has one that is not damaged any more because a tag was moved or deleted; one that was
 * repaired meanwhile, `already-whole`.
 * @param tagsNow of the images that are not damaged any more, by their ids
 */
export function appliedPlan(plan: Plan, incident: Incident, tagsNow: ReadonlyMap<string, TagsNow>) {
	const {visits} = incident;
	const items = visits.find(visit => visit.items !== undefined)?.items ?? [];
	const rows = visits.flatMap(visit => visit.rows ?? []);
	const checks = visits.flatMap(visit => (visit.output?.kind === 'check-all' ? [visit.output] : [])).at(-1)?.images;
	return {
		...plan,
		images: plan.images.map(image => {
			const check = checks?.find(({id}) => id === image.id);
			return {
				...image,
				verdict: check?.verdict ?? null,
				comparedToOriginal: check?.comparedToOriginal ?? null,
			};
		}),
		items: plan.items.map(item => {
			const id = rowOfItem(item);
			const row = rows.find(each => each.id === id);
			const done = items.find(each => each.row === id);
			const outcome = done && (outcomeOfItem(done) ?? 'unsure');
			const image = plan.images.find(each => each.id === item.image);
			const now = image && tagsNow.get(image.id);
			const other = image && now && whyNotApproved(image, now);
			return {
				...item,
				outcome: outcome ?? (row !== undefined || other !== undefined ? 'changed' : 'already-whole'),
				say:
					done === undefined
						? row !== undefined
							? ((image && whyOtherTags(image, row, incident)) ?? 'It is not as it was: left alone.')
							: (other ?? 'It is not damaged any more.')
						: 'say' in done.state
							? done.state.say
							: '',
			};
		}),
	};
}

/**
 * The exit code of an applied plan, whether or not its incident has other things left to do: 0 every image is whole again; 3 some are
 * not, or were left; 8 something is unsure. What was checked after the last item decides; where nothing was, because nothing was
 * carried out, the items themselves: a change that failed leaves its image as broken as it was. Broken outranks unsure.
 */
export function exitOfApplied(incident: Incident): number {
	const {visits} = incident;
	const applied = visits.findLast(visit => visit.items !== undefined);
	const {items = []} = applied ?? {};
	const isChecked = visits
		.slice(applied === undefined ? 0 : visits.indexOf(applied))
		.some(visit => isFinished(visit) && visit.shows === 'verdict' && visit.ended === 'ran');
	if (isChecked || incident.dryRun || items.length === 0) {
		return exitOf({...incident, phase: {kind: 'stopped', stop: 'applied', say: '', unverified: false, closed: false}});
	}

	const mayBe = items.filter(item => {
		const outcome = outcomeOfItem(item);
		return (
			isGood(item) || outcome === undefined || outcome === 'unsure' || ('notSeen' in item.state && item.state.notSeen)
		);
	});
	return mayBe.length < items.length ? exitCodes.broken : exitCodes.indeterminate;
}
