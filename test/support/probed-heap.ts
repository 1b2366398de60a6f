// Probes the registry at argv[2]. For each count of repositories in the rest of argv it prints the bytes of heap in use when
// so many were probed. Run with --expose-gc.
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import {probe} from '../../src/engine/probe/probe.ts';
import {systemClock} from '../../src/wiring/setup.ts';

const [host = '', ...counts] = process.argv.slice(2);
const wanted = new Set(counts.map(Number));
const used: number[] = [];
const registry = createRegistry({host, url: `http://${host}`, clock: systemClock, credentials: async () => undefined});

const report = await probe(registry, {
	depth: 'edge',
	role: 'authoritative',
	clock: systemClock,
	signal: AbortSignal.timeout(80_000),
	onProgress({repositories}) {
		if (wanted.delete(repositories)) {
			gc!();
			used.push(process.memoryUsage().heapUsed);
		}
	},
});
await registry.close();
process.stdout.write(`${JSON.stringify({used, tags: report.tags, unwell: report.failures + report.unknown})}\n`);
