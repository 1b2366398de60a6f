import fc from 'fast-check';
import {expect, it} from 'vitest';
import {readAlert} from '../../../src/domain/alert/read-alert.ts';
import {sayTarget} from '../../../src/domain/alert/target.ts';
import {parseConfiguration} from '../../../src/domain/configuration.ts';
import {OperatorError} from '../../../src/domain/errors.ts';
import {pasted} from './pasted.ts';

const configuration = parseConfiguration(
	`registries:
  private: {url: "https://registry.example:5050", addresses: [registry.internal]}`,
	'regmedic.yaml',
);
const read = (text: string) => {
	const {targets, meanings} = readAlert(text, 'log.txt', configuration);
	return {
		about: targets.map(sayTarget),
		means: meanings.map(({kind, digest}) => (digest === undefined ? kind : `${kind} ${digest}`)),
		says: meanings.map(({say}) => say),
	};
};

it.each(pasted)('$name', ({text, about, means}) => {
	expect(read(text)).toMatchObject({about, means});
});

it('what was found in each pasted text stands in docs/what-alerts-say.md', async () => {
	const cell = (text: string) =>
		text.replaceAll('|', '\\|').replaceAll(/sha256:([0-9a-f]{8})[0-9a-f]{56}/g, 'sha256:$1…');
	const rows = pasted.map(({name, text}) => {
		const {about, says} = read(text);
		return `| ${cell(name)} | ${cell(about.join(', '))} | ${cell(says.join(' '))} |`;
	});

	await expect(`# What \`respond --alert\` finds in a pasted text

Made by test/domain/alert/words.test.ts from its texts. The sentences of docker, skopeo, buildah, crane and regctl were recorded against distribution
2.8.3 and 3.1.1; what stands around them, and the events of Kubernetes, were written for the test. The words tell where to look first, never the
verdict.

| text | about | what the words show |
| --- | --- | --- |
${rows.join('\n')}
`).toMatchFileSnapshot('../../../docs/what-alerts-say.md');
});

it('a text that names nothing is refused with what to paste', () => {
	for (const text of ['', 'the CI is red', '{"a": 1}', 'go: downloading github.com/acme/lib v1.2.0']) {
		expect(() => readAlert(text, 'log.txt', configuration), text).toThrow(
			expect.objectContaining({code: 'alert.no-registry', hint: expect.stringContaining('Paste the lines')}),
		);
	}
});

it('any text is read or refused, and nothing is found that the text does not hold', () => {
	const pieces = fc.constantFrom(
		...['registry.example:5050', '/', 'infra-ci', ':latest', '@', 'manifest unknown', 'unexpected EOF', 'Pulling from'],
		...[
			'\n',
			' ',
			'"',
			'\\n',
			'docker://',
			'http://',
			'/v2/',
			'manifests/',
			`sha256:${'a'.repeat(64)}`,
			'[',
			']',
			'\u001B[31m',
		],
	);
	fc.assert(
		fc.property(fc.array(fc.oneof(pieces, fc.string({maxLength: 8})), {maxLength: 40}), parts => {
			const text = parts.join('');
			try {
				for (const target of readAlert(text, 'log.txt', configuration).targets) {
					expect(target.kind === 'registry' || text.includes(target.image.repository)).toBe(true);
				}
			} catch (error) {
				expect(error).toBeInstanceOf(OperatorError);
			}
		}),
	);
});

it('a log of a megabyte without a line end is read at once', () => {
	const before = performance.now();
	const long = `${'a.b:5/'.repeat(170_000)}\n${'x/'.repeat(2000)}\nmanifest for registry.example:5050/infra-ci:latest not found: manifest unknown`;

	expect(read(long).about).toContain('registry.example:5050/infra-ci:latest');
	expect(performance.now() - before).toBeLessThan(10_000);
});
