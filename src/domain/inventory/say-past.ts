import {shortDigest} from '../image/digest.ts';
import {sayTime} from '../text/time.ts';
import {count} from '../text/wording.ts';
import type {InventoryEntry} from './inventory.ts';
import {isEventful, type Past, type SeenTag, type UnusablePast} from './past.ts';

const mostNamed = 5;

/** Sentences and list items for people. */
type SaidPast = {head: string; items: string[]};

/** What the probes saw and the disk does not show any more. */
export function sayPast(past: Past | UnusablePast): SaidPast {
	if ('problem' in past) {
		return {head: `The inventory cannot be used: ${past.problem}`, items: []};
	}

	const {file, registry, lastSeen, repositories, tags, movedBack, dangling, older, unread, isTorn, sharesNothing} =
		past;
	if (lastSeen === undefined) {
		return {head: `The inventory ${file} is empty: no probe has seen a tag.`, items: []};
	}

	const source = `${file}, until ${sayTime(lastSeen)}`;
	const torn = isTorn ? ['The last line of the file was cut off and is left out.'] : [];
	const notRead =
		unread === 0
			? []
			: [
					`${count(unread, 'tag')} of folders that could not be read: nothing is known of ${unread === 1 ? 'it' : 'them'}.`,
				];
	const left = older === 0 ? [] : [`${count(older, 'more tag')} gone, last seen before that.`];
	if (!isEventful(past)) {
		const head =
			unread === 0
				? `Every tag is there that probes saw in the last 30 days (${source}).`
				: `No tag is known to be gone that probes saw (${source}).`;
		return {head, items: [...torn, ...notRead]};
	}

	return {
		head: `Probes saw what this disk does not show any more (${source}):`,
		items: [
			...(sharesNothing
				? [`None of its repositories is on this disk. It is the inventory of ${registry}: is that this registry?`]
				: []),
			...repositories.map(
				({repository, tags: gone, lastSeen: seen}) =>
					`${repository} is gone, with ${count(gone.length, 'tag')} (${some(gone)}); last seen ${sayTime(seen)}`,
			),
			...movedBack.map(tag => `${nameOf(tag)} moved back to ${shortDigest(tag.now)}; it ${named(tag)}`),
			...dangling.map(tag => `${nameOf(tag)} names nothing; it ${named(tag)}`),
			...tags.map(tag => `${nameOf(tag)} is gone; it ${named(tag)}`),
			...left,
			...notRead,
			...torn,
		],
	};
}

/** In one clause, for the summary of a step. Undefined: there is nothing to say. */
export function sumUpPast(past: Past | UnusablePast): string | undefined {
	if ('problem' in past) {
		return sayPast(past).head;
	}

	const {repositories, tags, movedBack, dangling} = past;
	const parts = [
		...(repositories.length === 0 ? [] : [`${count(repositories.length, 'repository', 'repositories')} gone`]),
		...(tags.length === 0 ? [] : [`${count(tags.length, 'tag')} gone`]),
		...(movedBack.length === 0 ? [] : [`${count(movedBack.length, 'tag')} moved back`]),
		...(dangling.length === 0 ? [] : [`${count(dangling.length, 'tag')} naming nothing`]),
	];
	return parts.length === 0 ? undefined : `Compared with what probes saw: ${parts.join(', ')}.`;
}

/** One digest that a tag has named: when, and which. */
export function sayNamed({repository, tag, digest, firstSeen, lastSeen}: InventoryEntry): string {
	const when =
		firstSeen === lastSeen ? `on ${sayTime(lastSeen)}` : `from ${sayTime(firstSeen)} to ${sayTime(lastSeen)}`;
	return `${repository}:${tag} was seen to name ${shortDigest(digest)} ${when}`;
}

function nameOf({repository, tag}: SeenTag): string {
	return `${repository}:${tag}`;
}

function named({digest, lastSeen}: SeenTag): string {
	return `named ${shortDigest(digest)}, last seen ${sayTime(lastSeen)}`;
}

function some(tags: readonly SeenTag[]): string {
	const more = tags.length - mostNamed;
	return `${tags
		.slice(0, mostNamed)
		.map(({tag}) => tag)
		.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
