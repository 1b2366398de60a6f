import {defined} from '../../domain/defined.ts';
import {exitCodes} from '../../domain/errors.ts';
import type {Scan} from '../../domain/storage/findings/finding.ts';
import {redactDeep} from '../../domain/text/redaction.ts';
import {visibleJson, visibleLine} from '../../domain/text/visible.ts';
import type {Invocation} from '../../invocation.ts';
import {sayScan} from '../../plain/scan/say-scan.ts';
import type {ScannedStore, ScannedStores} from './stores.ts';

type ReportOptions = {
	/** The folder that was scanned. */
	base: string;
	/** Of the registry, where it is known. */
	host: string | undefined;
	invocation: Invocation;
};

/** Prints what was found: one JSON document, or text with a heading for each store. @returns the exit code */
export function reportScan(found: ScannedStores, {base, host, invocation}: ReportOptions): number {
	const {flags, terminal, redaction, print} = invocation;
	// Before a line is broken or a list is shortened.
	const {stores, gaps} = redactDeep(found, redaction.redact);
	if (flags.json) {
		print(`${visibleJson({schema: 'regmedic.scan/1', ...documentOf(stores, gaps, base)}, '  ')}\n`);
	} else {
		const unseen = gaps.map(gap => `INCOMPLETE: ${visibleLine(gap)}; another store may be there.`);
		const lines = stores.flatMap(({root, role, saidBy, scan}) => [
			...(stores.length === 1
				? []
				: [
						`== ${visibleLine(root)} (${role}${saidBy === undefined ? '' : `, according to ${visibleLine(saidBy)}`}) ==`,
					]),
			...sayScan(scan, defined({registry: host, columns: terminal.columns()})),
			...(stores.length === 1 ? [] : ['']),
		]);
		print(`${[...unseen, ...lines].join('\n').trimEnd()}\n`);
	}

	if (stores.some(({scan}) => scan.findings.length > 0)) {
		return exitCodes.broken;
	}

	return gaps.length === 0 && stores.every(({scan}) => scan.complete) ? exitCodes.done : exitCodes.indeterminate;
}

/** One store: its scan. Several: the same keys for all of them together, and `stores` with the scan of each. */
function documentOf(stores: readonly ScannedStore[], gaps: string[], base: string): object {
	const [first] = stores;
	if (first !== undefined && stores.length === 1 && gaps.length === 0) {
		return {...first.scan, role: first.role};
	}

	const sum = (key: keyof Scan['counts']) => stores.reduce((total, {scan}) => total + scan.counts[key], 0);
	return {
		root: base,
		complete: gaps.length === 0 && stores.every(({scan}) => scan.complete),
		gaps: [...gaps, ...stores.flatMap(({root, scan}) => scan.gaps.map(gap => `${root}: ${gap}`))],
		counts: {
			repositories: sum('repositories'),
			tags: sum('tags'),
			indexes: sum('indexes'),
			links: sum('links'),
			blobs: sum('blobs'),
		},
		leftovers: {
			images: stores.reduce((total, {scan}) => total + (scan.leftovers?.images ?? 0), 0),
			unlinked: stores.reduce((total, {scan}) => total + (scan.leftovers?.unlinked ?? 0), 0),
			findings: stores.flatMap(({root, scan}) =>
				(scan.leftovers?.findings ?? []).map(finding => ({...finding, store: root})),
			),
		},
		findings: stores.flatMap(({root, scan}) => scan.findings.map(finding => ({...finding, store: root}))),
		images: stores.flatMap(({root, scan}) => (scan.images ?? []).map(image => ({...image, store: root}))),
		stores: stores.map(({root, role, saidBy, scan}) => ({...scan, root, role, ...defined({saidBy})})),
	};
}
