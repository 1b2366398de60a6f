import {buildOnePlatform} from '../images/image.ts';
import type {Store} from '../images/store.ts';

/** Pushes images of one platform, each tagged directly: no garbage collection harms them. */
export async function pushPlain(store: Store, seed: string, images: Record<string, string[]>): Promise<void> {
	await Promise.all(
		Object.entries(images).flatMap(([repository, tags]) =>
			tags.map(tag => store.push(repository, tag, buildOnePlatform(`${seed} ${repository}:${tag}`, 'linux/amd64'))),
		),
	);
}
