import type {SourceConfiguration} from '../../domain/configuration.ts';
import type {Setup} from '../../wiring/setup.ts';
import {openSource} from '../../wiring/sources.ts';
import {attempt, type Line} from './line.ts';

/** Whether a source responds, and as what. */
export function sourceLine(name: string, source: SourceConfiguration, setup: Setup): Promise<Line> {
	return attempt(`source ${name}`, async () => {
		const opened = openSource(name, source, setup);
		return opened.check(setup).finally(opened.close);
	});
}
