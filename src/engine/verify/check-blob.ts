import type {Reason} from '../../domain/error-codes.ts';
import type {FaultKind} from '../../domain/image/fault.ts';
import {type ConfigFact, judgeConfig} from '../../domain/image/pullable/judge-config.ts';
import type {Warning} from '../../domain/image/pullable/warning.ts';
import {byteSize} from '../../domain/text/wording.ts';
import type {BlobAnswer} from '../ports/registry.ts';
import {largestConfig} from './answer-cache.ts';
import {faulty, uncached, uncheckedOf, unserved, type WalkRules} from './faults.ts';
import type {CheckedPart, Part} from './parts.ts';

const missingKinds = {config: 'config-missing', layer: 'layer-missing', manifest: 'child-missing'} as const;

const blobFaults: Record<Exclude<BlobAnswer['state'], 'present' | 'missing' | 'unserved'>, FaultKind> = {
	empty: 'blob-empty',
	truncated: 'blob-truncated',
	corrupt: 'blob-corrupt',
	missized: 'size-wrong',
	unreadable: 'link-malformed',
};

type BlobRules = WalkRules & {config(): ConfigFact | undefined};

/** What the registry's answer means for the blob that it is. */
export function checkBlob(part: Part, answer: BlobAnswer, {isCache, readsConfigs, config}: BlobRules): CheckedPart {
	const {state, status} = answer;

	if (state === 'present') {
		const present: CheckedPart = {part, status, ...(answer.sizeOnly && {isSizeOnly: true}), below: []};
		return part.descriptor.layers === undefined || !readsConfigs ? present : withConfig(present, config());
	}

	if (state === 'missing' && part.descriptor.mayBeElsewhere) {
		return {...uncached(part, status), isElsewhere: true, warnings: [elsewhere(part)]};
	}

	if (state === 'missing' && (isCache || part.mayBeAbsent)) {
		return uncached(part, status);
	}

	if (state === 'unserved') {
		return unserved(part, answer);
	}

	const kind = state === 'missing' ? missingKinds[part.descriptor.role] : blobFaults[state];
	return faulty(part, kind, answer.detail, status);
}

function elsewhere({descriptor: {digest}}: Part): Warning {
	const detail = 'it lives elsewhere (urls), and was not looked at';
	return {kind: 'layer-elsewhere', digest, clients: ['clients that cannot reach its addresses'], detail};
}

/** What its config means for the image that it belongs to. */
function withConfig(present: CheckedPart, fact: ConfigFact | undefined): CheckedPart {
	const {part, status} = present;
	if (fact === undefined && part.descriptor.size <= largestConfig) {
		return present;
	}

	if (fact === undefined) {
		const reason: Reason = {
			code: 'image.config-unread',
			message: `The config of the image has ${byteSize(part.descriptor.size)}, and was not read.`,
			hint: 'No builder writes so large a config. Look into it: crane config IMAGE.',
		};
		return {...present, unchecked: uncheckedOf(part, reason)};
	}

	if (fact.state === 'ambiguous') {
		const reason: Reason = {
			code: 'manifest.ambiguous',
			message: `Clients may read another config than this one: ${fact.reason}.`,
			hint: 'Push the image again with a tool that writes each key once.',
		};
		return {...present, unchecked: uncheckedOf(part, reason)};
	}

	const {digest, layers = 0} = part.descriptor;
	const {flaw, warnings} = judgeConfig(digest, fact, {layers, platform: part.platform});
	return {
		...(flaw === undefined ? present : faulty(part, flaw.kind, flaw.detail, status)),
		...(warnings.length > 0 && {warnings}),
	};
}
