import {defined} from '../../domain/defined.ts';
import type {Reason} from '../../domain/error-codes.ts';
import type {Fault} from '../../domain/image/fault.ts';
import {linksAcross} from '../../domain/image/layer/tree/links.ts';
import type {UnpackedLayer} from '../../domain/image/layer/unpacked.ts';
import type {AnswerCache} from './answer-cache.ts';
import {uncheckedOf} from './faults.ts';
import type {CheckedPart, Part} from './parts.ts';

type Whole = {part: Part; layer: UnpackedLayer & {ok: true}};

/** What the unpacked layers of each image mean: whether each can be unpacked, is what the config says, and finds its hard links. */
export function weighUnpacked(checked: Map<string, CheckedPart>, cache: AnswerCache): Map<string, CheckedPart> {
	const told = new Set<string>();
	for (const [key, entry] of checked) {
		const layers = entry.below.filter(({descriptor}) => descriptor.unpacks);
		const config = entry.below.find(({descriptor}) => descriptor.layers !== undefined)?.descriptor;
		const fact = config && cache.config(config.digest);
		const diffIds = fact?.state === 'read' ? fact.diffIds : undefined;
		const all = entry.below.filter(({descriptor}) => descriptor.role === 'layer');
		// Another number of them is told of the config.
		if (layers.length === 0 || diffIds?.length !== all.length) {
			continue;
		}

		const flaws: Fault[] = [];
		const whole: Whole[] = [];
		for (const part of layers) {
			const layer = cache.unpacked(part.descriptor);
			if (layer?.ok === false) {
				tell(part, 'layer-unreadable', layer.reason);
			} else if (layer !== undefined && layer.diffId !== diffIds[all.indexOf(part)]) {
				tell(part, 'diffid-mismatch', `it unpacks to ${layer.diffId}, the config says ${diffIds[all.indexOf(part)]}`);
			} else if (layer !== undefined) {
				whole.push({part, layer});
			}
		}

		const links = whole.length === all.length ? linksAcross(whole.map(({layer}) => layer.contents)) : undefined;
		if (links?.state === 'broken') {
			tell(whole[links.layer]!.part, 'layer-unreadable', links.reason);
		} else if (links?.state === 'whole' && links.below !== undefined) {
			// containerd's overlayfs, its default, and buildah's overlay refuse it; their native and vfs drivers copy layers, and take it.
			tell(whole[links.below.layer]!.part, 'layer-unreadable', links.below.reason);
		}

		const unchecked = links?.state === 'unchecked' ? uncheckedOf(entry.part, tooMany(links.reason)) : entry.unchecked;
		checked.set(key, {
			...entry,
			...(flaws.length > 0 && {flaws: [...(entry.flaws ?? []), ...flaws]}),
			...defined({unchecked}),
		});

		function tell({descriptor, via, platform}: Part, kind: Fault['kind'], detail: string): void {
			const once = `${kind} ${descriptor.digest} ${detail}`;
			if (!told.has(once)) {
				told.add(once);
				flaws.push({kind, digest: descriptor.digest, via, ...defined({platform}), detail});
			}
		}
	}

	return checked;
}

function tooMany(message: string): Reason {
	return {
		code: 'image.links-unchecked',
		message: `${message[0]!.toUpperCase()}${message.slice(1)}.`,
		hint: 'Pull it with the client that is to run it.',
	};
}
