import type {DamagedImage} from './damaged-image.ts';

/**
 * By when the damage had begun: the earliest `since` of damaged images, which is an upper bound by the disk's clock. A time that has
 * not been yet proves that this clock is wrong, and is not used.
 * @param now milliseconds since 1970
 * @returns ISO 8601; undefined: the disk shows no time
 */
export function onsetOf(images: readonly Pick<DamagedImage, 'since'>[], now: number): string | undefined {
	return images
		.flatMap(({since}) => since ?? [])
		.filter(since => Date.parse(since) <= now)
		.sort((one, other) => Date.parse(one) - Date.parse(other))[0];
}
