import * as v from 'valibot';
import {coversPlatform, platformPattern} from './platform.ts';

const platform = v.pipe(v.string(), v.regex(platformPattern, 'write OS/ARCHITECTURE[/VARIANT], like linux/amd64'));

/** `[linux/amd64, …]` in a configuration. */
export const platformList = v.pipe(v.array(platform), v.minLength(1, 'needs a platform'));

/**
 * Which platforms are meant to be in a registry: a mirror may hold one of many on purpose, and registry 3 stores an index
 * without all of its children. `images`: of single repositories. Undefined: every child that an index names.
 * @see distribution v3 docs, validation.manifests.indexes.platforms
 */
export const meantPlatforms = v.object({
	registry: v.optional(platformList),
	images: v.optional(v.record(v.string(), platformList)),
});

export type MeantPlatforms = v.InferOutput<typeof meantPlatforms>;

/** The platforms that are meant to be in one repository; undefined: all. */
export function platformsMeant(
	{registry, images = {}}: MeantPlatforms,
	repository: string,
): readonly string[] | undefined {
	return Object.hasOwn(images, repository) ? images[repository] : registry;
}

/**
 * Tells which children of an index may be absent: those of other platforms than the meant ones, and attestations. An index
 * that has no meant platform at all has to be whole: else nothing of it could be pulled.
 * @param children the platform of each child; undefined: the index names none
 */
export function mayBeAbsent(
	children: readonly (string | undefined)[],
	meant: readonly string[] | undefined,
): (child: string | undefined) => boolean {
	const isMeant = (child: string | undefined) =>
		child !== undefined && meant?.some(wanted => coversPlatform(wanted, child)) === true;
	return meant !== undefined && children.some(isMeant) ? child => child !== undefined && !isMeant(child) : () => false;
}
