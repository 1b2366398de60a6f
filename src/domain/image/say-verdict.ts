import {count} from '../text/wording.ts';
import {shortDigest} from './digest.ts';
import type {ChildCheck, ImageCheck, Verdict} from './verdict.ts';

const mostNames = 4;
const attestation = 'attestation';

/** What the verdict means for someone who pulls: `linux/amd64 cannot be pulled; linux/arm64 can.` */
export function sayVerdict(check: ImageCheck): string {
	switch (check.verdict) {
		case 'intact':
			return 'Every part exists: the image can be pulled.';

		case 'unknown':
			return `Not verified: ${count(check.unchecked.length, 'part')} could not be checked.`;

		case 'broken':
			return sayBroken(check);
	}
}

function sayBroken(check: ImageCheck): string {
	const {digest, children} = check;
	if (digest === undefined) {
		return 'The registry serves no manifest for this tag: it cannot be pulled.';
	}

	if (children.length < 2) {
		return 'The image cannot be pulled.';
	}

	const platforms = children.filter(({platform}) => platform !== attestation);
	const named = (verdict: Verdict) =>
		namesOf(
			platforms.filter(child => child.verdict === verdict),
			check,
		);
	const [broken, unknown, intact] = [named('broken'), named('unknown'), named('intact')];
	const unchecked = unknown === undefined ? '' : `${unknown} could not be checked.`;

	if (broken === undefined) {
		const whole = unchecked === '' ? 'Every platform can be pulled.' : unchecked;
		return `${whole} An attestation cannot: copying the whole image, or verifying where it comes from, fails.`;
	}

	if (intact === undefined && unknown === undefined) {
		return 'No platform of the image can be pulled.';
	}

	const others = intact === undefined ? '' : `; ${intact} can`;
	return `${broken} cannot be pulled${others}.${unchecked === '' ? '' : ` ${unchecked}`}`;
}

/** `linux/amd64, linux/arm64 and 2 more`; undefined for none. */
function namesOf(children: ChildCheck[], check: ImageCheck): string | undefined {
	const names = [...new Set(children.flatMap(child => platformsOf(child, check)))];
	const first = names.slice(0, mostNames);
	const left = names.length - first.length;
	const last = left > 0 ? `${left} more` : first.pop();
	return first.length === 0 ? last : `${first.join(', ')} and ${last}`;
}

/** A nested index has no platform of its own, but what is wrong below it has. */
function platformsOf({platform, digest}: ChildCheck, {faults, unchecked}: ImageCheck): string[] {
	if (platform !== undefined) {
		return [platform];
	}

	const inside = [...faults, ...unchecked].filter(({via}) => via.includes(digest)).flatMap(part => part.platform ?? []);
	return inside.length === 0 ? [shortDigest(digest)] : inside;
}
