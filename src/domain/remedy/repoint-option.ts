import type {Evidence, Facts} from './evidence.ts';
import {block, type RemedyOption} from './remedy-option.ts';
import {sayAge, siblingName} from './say-sibling.ts';

const mostNamed = 3;

/** To point the tag at another image. Which one, is asked when it was chosen. */
export function repointOption(
	{historySuffices, isOfDigest, isSetBack}: Facts,
	{scan, served}: Pick<Evidence, 'scan' | 'served'>,
): RemedyOption {
	const siblings = scan?.siblings ?? served ?? [];
	const [first] = siblings;
	const ages = new Set(siblings.map(({age}) => age));
	const build =
		ages.size !== 1 || ages.has('unknown') ? 'another build' : ages.has('older') ? 'an older build' : 'a newer build';
	const names = siblings.slice(0, mostNamed).map(sibling => `${siblingName(sibling)} (${sayAge(sibling)})`);
	const more = siblings.length > mostNamed ? ` and ${siblings.length - mostNamed} more` : '';
	return {
		key: 're-point',
		title:
			siblings.length > 1
				? `Re-point the tag to one of ${siblings.length} intact images`
				: `Re-point the tag to ${first === undefined ? 'another image' : siblingName(first)}`,
		changes:
			first === undefined ? 'the tag names another image' : `the tag names another image: ${names.join(', ')}${more}`,
		risk: isSetBack
			? `users get ${build} than the tag names now: look first whether it was set back on purpose`
			: `users get ${build}; users who pinned the old digest stay broken`,
		takes: 'seconds',
		recommended: false,
		why: isSetBack
			? historySuffices
				? 'The tag names an older image than it did; the one that it named last is whole.'
				: 'The tag names an older image than it did. Which one it named last, equal times do not tell.'
			: historySuffices
				? 'The tag names nothing, and the image that it named last is whole.'
				: 'It ends the outage while the rebuild runs, if another image is acceptable.',
		...block(
			scan === undefined && served === undefined,
			'The storage was not scanned: it is not known which images are whole.',
		),
		...block(
			(scan ?? served) !== undefined && first === undefined,
			isOfDigest
				? 'The image was given by its digest: no tag is to be pointed elsewhere.'
				: 'No other whole image of the same kind, with the same platforms, is known in this repository.',
		),
	};
}
