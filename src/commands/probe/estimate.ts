import path from 'node:path';
import {openInventory} from '../../adapters/inventory/inventory-file.ts';
import {exitCodes} from '../../domain/errors.ts';
import type {Depth} from '../../domain/image/verdict.ts';
import {estimateOf, sayEstimate, tagsOfLastProbe} from '../../domain/probe/estimate.ts';
import {visibleJson, visibleLine} from '../../domain/text/visible.ts';
import {readableColumns, wrap} from '../../domain/text/wrap.ts';
import type {Registry} from '../../engine/ports/registry.ts';
import {countTags} from '../../engine/probe/count-tags.ts';
import type {ProbeOptions} from '../../engine/probe/probe.ts';
import type {Invocation} from '../../invocation.ts';

type EstimateOptions = Pick<ProbeOptions, 'shard' | 'given' | 'chosen'> & {
	depth: Depth;
	newest: number | undefined;
	/** The file of the inventory. */
	inventory: string | undefined;
};

/**
 * `regmedic probe --estimate`: how many requests a probe would make, of which kind. Where an inventory of the registry is there,
 * none is made for it; else only lists are requested, which no registry bills.
 */
export async function estimateProbe(
	registry: Registry,
	{depth, shard, given, chosen, newest, inventory}: EstimateOptions,
	{folder, flags, print, signal, terminal}: Invocation,
): Promise<number> {
	const file = inventory && path.resolve(folder, inventory);
	const kept = file && (await openInventory(file).read())?.inventory;
	// The inventory knows all repositories: of named ones their tags are listed.
	const isKept = kept && kept.registry === registry.host && given === undefined && chosen === undefined;
	const tags = isKept ? tagsOfLastProbe(kept, shard) : await countTags(registry, {shard, given, chosen}, {signal});
	const basis = isKept ? ('inventory' as const) : ('lists' as const);
	const estimate = estimateOf(tags, {instance: registry.host, depth, basis, made: registry.requests(), newest});

	if (flags.json) {
		print(`${visibleJson({schema: 'regmedic.probe-estimate/1', ...estimate}, '  ')}\n`);
	} else {
		const columns = readableColumns(terminal.columns());
		const lines = sayEstimate(estimate, file).flatMap(line => {
			const [, first, words] = /^( *)(.*)$/s.exec(visibleLine(line))!;
			return wrap(words!, {first: first!, rest: '    ', columns});
		});
		print(`${lines.join('\n')}\n`);
	}

	return exitCodes.done;
}
