import type {Settings} from '../incident/settings.ts';
import {blobData} from '../storage/listing/paths.ts';
import {byteSize} from '../text/wording.ts';
import type {CopyBackOutlook} from './copy-back.ts';
import type {Facts} from './evidence.ts';
import {block, type RemedyOption} from './remedy-option.ts';

type Known = {settings: Settings; copyBack?: CopyBackOutlook | undefined; blocked?: string};

/** Listed where sources are configured. */
export function copyBackOption(
	{relinkSuffices, aside}: Facts,
	{settings: {sources = []}, copyBack, blocked}: Known,
): RemedyOption[] {
	if (sources.length === 0) {
		return [];
	}

	const moved = new Set(copyBack?.asides?.map(blobData));
	const first = aside.find(path => !moved.has(path));
	const why = copyBack?.why ?? 'The sources were not asked.';
	return [
		{
			key: 'copy-back',
			title: 'Copy back what is missing',
			changes: `uploads ${byteSize(copyBack?.bytes ?? 0)} from ${sources.join(', ')}, then stores the manifests under the same digests`,
			risk: 'low: the digest stays, nothing is overwritten; every byte is hashed on the way',
			takes: 'as long as the copy takes',
			recommended: false,
			why,
			...block(copyBack?.possible !== true, why),
			...block(
				copyBack?.possible === true && first !== undefined,
				`First move aside ${first} on the host: no upload replaces what is there.`,
			),
			...block(relinkSuffices, 'It is not needed: a relink brings the same digest back.'),
			...block(blocked !== undefined, blocked ?? ''),
		},
	];
}
