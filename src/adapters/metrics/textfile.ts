import {readFile, stat} from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import {OperatorError} from '../../domain/errors.ts';
import type {Metric} from '../../domain/probe/metrics.ts';
import {renderMetrics} from './render-metrics.ts';

/** node_exporter runs as another user. */
const readableByAll = 0o644;

type Textfile = {
	file: string;
	/** The labels that every sample of this run has. */
	labels: Readonly<Record<string, string>>;
	/** Metrics of an earlier run with the same labels that this run does not have are kept. */
	keepsRest: boolean;
};

/** @throws OperatorError usage.metrics-file when node_exporter would not read the file */
export function checkTextfileName(file: string): void {
	if (!file.endsWith('.prom')) {
		throw new OperatorError('usage.metrics-file', `"${file}" does not end in .prom.`, {
			hint: 'node_exporter’s textfile collector reads *.prom only; to print the metrics, write --metrics-file -.',
			exit: 'usage',
		});
	}
}

/**
 * Writes the metrics for node_exporter's textfile collector. A reader never sees half a file.
 * @throws OperatorError metrics-file.unwritable
 */
export async function writeTextfile(metrics: readonly Metric[], {file, labels, keepsRest}: Textfile): Promise<void> {
	const text = await renderMetrics(metrics);
	const kept = keepsRest ? await keptFamilies(file, new Set(metrics.map(({name}) => `${name}`)), labels) : '';

	try {
		await writeFileAtomic(file, text + kept, {mode: readableByAll});
	} catch (error) {
		const {code = 'unknown'} = error as NodeJS.ErrnoException;
		throw new OperatorError('metrics-file.unwritable', `The metrics could not be written to ${file} (${code}).`, {
			hint: 'Monitoring does not see this run. Check that the folder exists, has space, and that this user may write to it.',
			exit: 'failed',
			cause: error,
		});
	}
}

/** The metric families of an earlier run of regmedic that this run does not write. */
async function keptFamilies(
	file: string,
	written: ReadonlySet<string>,
	labels: Readonly<Record<string, string>>,
): Promise<string> {
	// Anything but a plain file might not end, and is replaced by one.
	const isPlain = await stat(file).then(
		found => found.isFile(),
		() => false,
	);
	const text = isPlain ? await readFile(file, 'utf8').catch(() => '') : '';
	const own = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
	const families = text.split(/^(?=# HELP )/m).filter(family => {
		const name = /^# HELP (\S+)/.exec(family)?.[1];
		const samples = family.split('\n').filter(line => line !== '' && !line.startsWith('#'));
		return (
			name !== undefined &&
			!written.has(name) &&
			samples.length > 0 &&
			samples.every(sample => sample.startsWith(`${name}{`) && own.every(label => sample.includes(label)))
		);
	});
	return families.map(family => `${family.trimEnd()}\n`).join('');
}

/** @see Prometheus' text format: label values */
function escaped(value: string): string {
	return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
