import {defined} from '../defined.ts';
import type {Digest} from '../image/digest.ts';
import {faultKinds} from '../image/fault.ts';
import {parseReference} from '../image/reference.ts';
import type {ImageCheck} from '../image/verdict.ts';
import {type DamagedImage, imageId} from './damaged-image.ts';

/** The damaged images among checks over HTTP, where no disk tells more. Tags of one digest are one image. */
export function damagedByChecks(checks: readonly ImageCheck[]): DamagedImage[] {
	const gathered = new Map<string, {repository: string; digest?: Digest; tags: Set<string>; check: ImageCheck}>();
	for (const check of checks.filter(({verdict}) => verdict === 'broken')) {
		const {repository, tag} = parseReference(check.reference);
		const key = `${repository}\n${check.digest ?? `tag ${tag}`}`;
		const known = gathered.get(key) ?? {repository, tags: new Set(), check, ...defined({digest: check.digest})};
		gathered.set(key, known);
		if (tag !== undefined) {
			known.tags.add(tag);
		}
	}

	return [...gathered.values()].map(({repository, digest, tags, check}) => {
		const sorted = [...tags].sort();
		const kinds = new Set(check.faults.map(({kind}) => kind));
		return {
			id: imageId({repository, tags: sorted, ...defined({digest})}),
			repository,
			...defined({digest}),
			tags: sorted,
			platforms: {whole: platformsOf(check, 'intact'), lost: platformsOf(check, 'broken')},
			findings: faultKinds.filter(kind => kinds.has(kind)),
		};
	});
}

function platformsOf({children}: ImageCheck, verdict: ImageCheck['verdict']): string[] {
	const names = children.flatMap(child => (child.verdict === verdict && child.platform ? [child.platform] : []));
	return [...new Set(names.filter(name => name !== 'attestation'))];
}
