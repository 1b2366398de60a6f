import fc from 'fast-check';
import {expect, test} from 'vitest';
import {readRecipe} from '../../../src/domain/build/dockerfile.ts';

const bases = (source: string, args: Record<string, string> = {}) =>
	readRecipe(source, args).bases.map(({name}) => name);

test('an ARG before FROM has the value of the build’s argument, else its own', () => {
	const source = `ARG GO=1.25 OS="alpine"\nARG BASE=registry.example/go:\${GO}-$OS\nFROM \${BASE}\n`;

	expect(bases(source)).toEqual(['registry.example/go:1.25-alpine']);
	expect(bases(source, {GO: '1.26'})).toEqual(['registry.example/go:1.26-alpine']);
	expect(bases(`FROM \${BASE:-a.example/b:1}\n`)).toEqual(['a.example/b:1']);
});

test('stages are no images, and stages that the last one does not use are not built', () => {
	const source = `# syntax=docker/dockerfile:1
FROM a.example/go:1 AS Build
COPY --from=b.example/certs:2 /etc /etc
FROM c.example/unused:3
FROM scratch
COPY --chown=1:1 --from=build /x /x
COPY --from=0 /y /y
`;

	expect(bases(source)).toEqual(['a.example/go:1', 'b.example/certs:2']);
});

test('comments, continued lines, another escape and heredocs do not hide or invent an image', () => {
	expect(bases('FROM \\\n# not this\n  a.example/b:1 \\\n  as x\n')).toEqual(['a.example/b:1']);
	expect(bases('# escape=`\nFROM a.example/b:1\nRUN dir C:\\\nFROM c.example/d:1\n')).toEqual(['c.example/d:1']);
	expect(bases('FROM a.example/b:1\nRUN <<EOF\nFROM evil.example/c:1\nEOF\nCOPY x /x\n')).toEqual(['a.example/b:1']);
});

test('it is known whether programs of the platform that is built for run, and what only BuildKit understands', () => {
	const cross = 'FROM --platform=$BUILDPLATFORM go:1 AS b\nRUN make\nFROM scratch\nCOPY --from=b /x /x\n';

	expect(readRecipe(cross)).toEqual({
		bases: [{name: 'go:1', platform: '$BUILDPLATFORM'}],
		runs: false,
		buildKit: '--platform=$BUILDPLATFORM',
	});
	expect(readRecipe('FROM go:1\nRUN make\n').runs).toBe(true);
	expect(readRecipe('FROM scratch\nCOPY x /x\n')).toEqual({bases: [], runs: false});
	expect(readRecipe('FROM go:1\nRUN --mount=type=cache,target=/x make\n').buildKit).toBe('--mount');
	expect(readRecipe('FROM go:1\nRUN <<EOF\nmake\nEOF\n').buildKit).toBe('a heredoc (<<)');
});

test('any text is read without an error, and every image comes from the text', () => {
	const line = fc.oneof(
		fc.constantFrom('FROM a/b:1 AS x', 'FROM $X', 'COPY --from=x / /', 'RUN <<E', 'E', 'ARG X=1', '\\', '#', 'FROM'),
		fc.string(),
	);
	fc.assert(
		fc.property(fc.array(line), lines => {
			for (const {name} of readRecipe(lines.join('\n')).bases) {
				expect(name).not.toBe('scratch');
			}
		}),
	);
});
