import {approveConfiguration} from '../../adapters/configuration/read-configuration.ts';
import {exitCodes} from '../../domain/errors.ts';
import {redactDeep} from '../../domain/text/redaction.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import {readableColumns, wrap} from '../../domain/text/wrap.ts';
import type {Invocation} from '../../invocation.ts';
import {configurationReading, readSetup} from '../../wiring/setup.ts';
import type {Line} from './line.ts';
import {registryLines} from './registry.ts';
import {sourceLine} from './source.ts';

/** `regmedic check`: checks configuration, credentials, registries, hosts, sources and CI. A line that is not ok says what to do. */
export async function check(invocation: Invocation, {trust = false}: {trust?: boolean} = {}): Promise<number> {
	const approved = trust ? [await approvalLine(invocation)] : [];
	const setup = await readSetup(invocation);
	const {configuration, configurationFile, configurationSought = []} = setup;
	const lines: Line[] = [
		...approved,
		{
			what: 'configuration',
			ok: true,
			say:
				configurationFile ??
				`none: there is no ${configurationSought.join(' and no ')}; only what the command line names can be used`,
		},
	];

	for (const [name, registry] of Object.entries(configuration.registries)) {
		lines.push(...(await registryLines(name, registry, setup)));
	}

	for (const [name, source] of Object.entries(configuration.sources ?? {})) {
		lines.push(await sourceLine(name, source, setup));
	}

	const shown = redactDeep(lines, invocation.redaction.redact);
	if (invocation.flags.json) {
		invocation.print(`${visibleJson({schema: 'regmedic.check/1', checks: shown}, '  ')}\n`);
	} else {
		const columns = readableColumns(invocation.terminal.columns());
		invocation.print(`${shown.flatMap(line => draw(line, columns)).join('\n')}\n`);
	}

	const failure = lines.find(({ok}) => !ok)?.exit;
	return failure === undefined ? exitCodes.done : exitCodes[failure];
}

async function approvalLine(invocation: Invocation): Promise<Line> {
	const {file, powers, hash} = await approveConfiguration(configurationReading(invocation));
	const use = powers.length === 0 ? 'it runs no command and uses no secret' : `it uses ${powers.join(', ')}`;
	const say = `${file} is approved as it is now (SHA-256 ${hash.slice(0, 12)}); ${use}`;
	return {what: 'trust', ok: true, say};
}

function draw({what, ok, say, hint}: Line, columns: number): string[] {
	const indent = ' '.repeat(8);
	return [
		...wrap(`${what}: ${say}`, {first: ok ? 'ok      ' : 'NOT OK  ', rest: indent, columns}),
		...(hint === undefined ? [] : wrap(hint, {first: indent, columns})),
	];
}
