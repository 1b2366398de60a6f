import {defined} from '../defined.ts';
import type {Digest} from '../image/digest.ts';
import type {Verdict} from '../image/verdict.ts';
import type {Incident} from '../incident/incident.ts';
import {isFinished} from '../incident/incident.ts';
import {outcomeOfItem} from '../incident/item.ts';
import {type PlannedImage, plannedImages} from '../incident/planned-images.ts';
import {restartRow} from '../plan/row-id.ts';
import {titleOf} from '../plan/row-title.ts';
import type {Comparison} from '../remedy/compare-to-original.ts';

/** One image that was found damaged, and its way back. */
export type DamagedReport = {
	id: string;
	title: string;
	digest?: Digest;
	tags: string[];
	findings: string[];
	/** By when it was so, by the clock of the disk. */
	since?: string;
	lost: string[];
	/** What was done about it, in order; empty: it was left. */
	ways: {remedy: string; outcome: string; say: string; approvedBy?: string; at?: string}[];
	/** As it was checked last. */
	verdict: Verdict | 'removed';
	comparedToOriginal?: Comparison | null;
	/** Of one that was left and is not found damaged any more: why not, as whether somebody deleted its tags. */
	say?: string;
};

/** Every image that the incident found damaged. */
export function damagedIn(incident: Incident): DamagedReport[] {
	const checked = incident.visits
		.filter(isFinished)
		.flatMap(({output}) => (output.kind === 'check-all' ? [output.images] : []))
		.at(-1);
	return plannedImages(incident).map(image => {
		const {id, tags, findings, platforms, digest, since} = image.damaged;
		const last = checked?.find(each => each.id === id);
		return {
			id,
			title: titleOf(image.damaged),
			...defined({digest, since}),
			tags,
			findings,
			lost: platforms.lost,
			ways: waysOf(image, incident),
			verdict: last?.verdict ?? 'unknown',
			...defined({
				comparedToOriginal: last?.comparedToOriginal,
				say: last?.remedy === undefined && last?.verdict !== 'broken' ? last?.say : undefined,
			}),
		};
	});
}

function waysOf({ids, isByRestart}: PlannedImage, {visits}: Incident): DamagedReport['ways'] {
	return visits.flatMap(({items = [], gate}) =>
		items
			.filter(({row}) => ids.has(row) || (isByRestart && row === restartRow))
			.map(item => ({
				remedy: item.remedy,
				outcome: outcomeOfItem(item) ?? 'under way',
				say: 'say' in item.state ? item.state.say : '',
				...defined({approvedBy: item.approvedAt && gate?.answer?.by, at: item.approvedAt}),
			})),
	);
}
