import {titleOf} from '../plan/row-title.ts';
import type {OutputOf} from './outputs.ts';

/** All damage of a registry, a line for each image, the worst news first. */
export function sayScopeLines({images, gaps}: OutputOf<'scope'>): string[] {
	return [
		...images.map(image => {
			const {findings, since, platforms} = image;
			const lost = platforms.lost.length === 0 ? '' : ` (${platforms.lost.join(', ')})`;
			const by = since === undefined ? '' : `, by ${since} at the latest`;
			return `${titleOf(image)}: ${findings.join(', ')}${lost}${by}`;
		}),
		...gaps.map(gap => `not read: ${gap}`),
	];
}

/** What a repair has come to: what is damaged now and was not before comes first. */
export function sayCheckLines({fresh, images, gaps, followUps}: OutputOf<'check-all'>): string[] {
	const rank = {broken: 0, unknown: 1, removed: 2, intact: 3};
	return [
		...fresh.map(({title, say}) => `new: ${title}: ${say}`),
		...[...images]
			.sort((one, other) => rank[one.verdict] - rank[other.verdict])
			.map(({title, verdict, say}) => `${verdict}: ${title}: ${say}`),
		...gaps.map(gap => `not checked: ${gap}`),
		...followUps.map(followUp => `to do: ${followUp}`),
	];
}
