import {titleOf} from '../plan/row-title.ts';
import {sayTime} from '../text/time.ts';
import {count} from '../text/wording.ts';
import type {OutputOf} from './outputs.ts';

/** All damage of a registry, a line for each image, the worst news first. */
export function sayScopeLines({images, gaps}: OutputOf<'scope'>): string[] {
	return [
		...images.map(image => {
			const {findings, since, platforms} = image;
			const lost = platforms.lost.length === 0 ? '' : ` (${platforms.lost.join(', ')})`;
			const by = since === undefined ? '' : `, by ${sayTime(since)} at the latest`;
			return `${titleOf(image)}: ${findings.join(', ')}${lost}${by}`;
		}),
		...gaps.map(gap => `not read: ${gap}`),
	];
}

/** What a repair has come to: what is damaged now and was not before comes first; what several intact images have in common is said once. */
export function sayCheckLines({fresh, images, gaps, followUps}: OutputOf<'check-all'>): string[] {
	const rank = {broken: 0, unknown: 1, removed: 2, intact: 3};
	const words = images.flatMap(image => restOf(image) ?? []);
	const shared = [...new Set(words)].filter(each => words.indexOf(each) !== words.lastIndexOf(each));
	return [
		...fresh.map(({title, say}) => `new: ${title}: ${say}`),
		...[...images]
			.sort((one, other) => rank[one.verdict] - rank[other.verdict])
			.map(image => {
				const {title, verdict, say} = image;
				const rest = restOf(image);
				const isShared = rest !== undefined && shared.includes(rest);
				return `${verdict}: ${title}: ${isShared ? say.slice(0, -rest.length).trimEnd() : say}`;
			}),
		...shared.map(each => `of ${count(words.filter(word => word === each).length, 'intact image')}: ${each}`),
		...gaps.map(gap => `not checked: ${gap}`),
		...followUps.map(followUp => `to do: ${followUp}`),
	];
}

/** What the check of an intact image says, after its remedy and outcome (`relink, done.`). */
function restOf({verdict, remedy, say}: OutputOf<'check-all'>['images'][number]): string | undefined {
	const end = say.indexOf('. ') + 2;
	return verdict === 'intact' && remedy !== undefined && end > 1 ? say.slice(end) : undefined;
}
