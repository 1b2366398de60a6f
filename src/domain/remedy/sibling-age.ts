import {defined} from '../defined.ts';

/** How old an image is against the original, and what that rests on. */
export type Age = {age: 'older' | 'newer' | 'unknown'; ageBy?: 'built' | 'tagged'};

/** `built`: ISO 8601. `tagged`: seconds since 1970. */
type Times = {built: string | undefined; tagged: number | undefined};

/**
 * By the time of the build, where both configs say it; else by when the tags were set, which a copied or a restored store
 * does not keep. Equal times say nothing.
 */
export function ageOf(image: Times, original: Times): Age {
	if (image.built !== undefined && original.built !== undefined) {
		return ageBy('built', Date.parse(image.built), Date.parse(original.built));
	}

	return image.tagged !== undefined && original.tagged !== undefined
		? ageBy('tagged', Math.floor(image.tagged), Math.floor(original.tagged))
		: {age: 'unknown'};
}

function ageBy(by: 'built' | 'tagged', image: number, original: number): Age {
	const age = image < original ? 'older' : image > original ? 'newer' : 'unknown';
	return {age, ...defined({ageBy: age === 'unknown' ? undefined : by})};
}
