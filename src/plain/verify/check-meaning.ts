import {shortDigest} from '../../domain/image/digest.ts';
import type {ChildCheck, ImageCheck, Verdict} from '../../domain/image/verdict.ts';

const mostNames = 4;
const attestation = 'attestation';

/** What a broken image means for somebody who pulls: `linux/amd64 cannot be pulled; linux/arm64 can.` */
export function sayMeaning(check: ImageCheck): string {
	const {digest, children} = check;
	if (digest === undefined) {
		return 'Nobody can pull this tag.';
	}

	const platforms = children.filter(({platform}) => platform !== attestation);
	const named = (wanted: Verdict) => platforms.filter(({verdict}) => verdict === wanted);
	const list = (some: ChildCheck[]) => join(some.flatMap(child => namesOf(child, check)));
	const notKnown = () => `Nobody knows about ${list(unknown)}.`;
	const [broken, unknown, intact] = [named('broken'), named('unknown'), named('intact')];

	if (children.length < 2) {
		return 'It cannot be pulled.';
	}

	if (broken.length === 0) {
		const whole = unknown.length === 0 ? 'Every platform can be pulled.' : notKnown();
		return `${whole} An attestation cannot: whoever copies the whole image or asks where it comes from fails.`;
	}

	if (intact.length === 0 && unknown.length === 0) {
		return 'Nothing of it can be pulled.';
	}

	const others = intact.length === 0 ? '' : `; ${list(intact)} can`;
	return `${list(broken)} cannot be pulled${others}.${unknown.length === 0 ? '' : ` ${notKnown()}`}`;
}

/** An index in an index has no platform of its own; what is wrong in it has. */
function namesOf({platform, digest}: ChildCheck, {faults, unchecked}: ImageCheck): string[] {
	const inside = [...faults, ...unchecked]
		.filter(({via}) => via.includes(digest))
		.flatMap(found => found.platform ?? []);
	return platform === undefined ? (inside.length === 0 ? [shortDigest(digest)] : inside) : [platform];
}

function join(all: string[]): string {
	const names = [...new Set(all)];
	const first = names.slice(0, mostNames);
	const left = names.length - first.length;
	const last = left > 0 ? `${left} more` : first.pop()!;
	return first.length === 0 ? last : `${first.join(', ')} and ${last}`;
}
