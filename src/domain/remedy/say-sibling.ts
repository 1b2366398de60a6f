import {shortDigest} from '../image/digest.ts';
import {sayTime} from '../text/time.ts';
import type {Sibling} from './siblings.ts';

/** `1.4.1`, or the digest of an image that no tag names. */
export function siblingName({tags, digest}: Sibling): string {
	return tags[0] ?? shortDigest(digest);
}

/** `linux/amd64, linux/arm64; built 2026-04-18 02:00 UTC` */
export function saySibling({tags, digest, platforms, built, tagged, wasNamed}: Sibling): string {
	const time = built === undefined ? tagged && `tagged ${sayTime(tagged)}` : `built ${sayTime(built)}`;
	return [
		...(tags.length === 0 ? [] : [shortDigest(digest)]),
		...(tags.length > 1 ? [`also ${tags.slice(1, 4).join(', ')}${tags.length > 4 ? ' …' : ''}`] : []),
		platforms.join(', ') || 'its platforms are not known',
		time || 'its time is not known',
		...(wasNamed ? ['this tag named it before'] : []),
	].join('; ');
}

/** `older`, and by which times. */
export function sayAge({age, ageBy}: Sibling): string {
	const by = ageBy === 'built' ? 'by its build' : 'by the time of its tag';
	return age === 'unknown' ? 'age not known' : `${age} ${by}`;
}
