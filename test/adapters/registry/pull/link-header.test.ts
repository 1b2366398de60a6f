import fc from 'fast-check';
import {expect, test} from 'vitest';
import {parseLinks} from '../../../../src/adapters/registry/pull/link-header.ts';
import {tries} from '../../../support/sweep.ts';

const page = '/v2/_catalog?last=b&n=2';

test.each([
	['as distribution writes it', `<${page}>; rel="next"`],
	['without quotes', `<${page}>; rel=next`],
	['in single quotes', `<${page}>; rel='next'`],
	['without brackets', `${page}; rel="next"`],
	['without any space', `<${page}>;rel="next"`],
	['with much space', `  < ${page} >  ;  rel  =  "next"  ,`],
	['in upper case', `<${page}>; REL="NEXT"`],
	['with several relations', `<${page}>; rel="last  next"`],
	['with parameters before it', `<${page}>; title="a; rel=\\"first\\", b"; rel="next"`],
	['with parameters after it', `<${page}>; rel="next"; type=application/json; title*=UTF-8''x; crossorigin`],
	['with a second rel, which does not count', `<${page}>; rel="next"; rel="first"`],
	['with an empty parameter', `<${page}>;; rel="next";`],
	['after another link', `</v2/_catalog?a,b>; rel="first", <${page}>; rel="next"`],
	['before another link', `<${page}>; rel="next", </v2/_catalog?z>; rel=last`],
	['between empty elements', `, ,<${page}>; rel="next",,`],
])('a link to the next page is found %s', (_, header) => {
	expect(parseLinks(header)?.find(({relations}) => relations.includes('next'))?.target).toBe(page);
});

test.each([
	['no header', '', []],
	['another relation', '</v2/_catalog>; rel="first"', ['first']],
	['a relation that only begins like it', '</v2/_catalog>; rel="next-archive"', ['next-archive']],
	['next as the text of another parameter', '</v2/_catalog>; rel="first"; title="rel=next"', ['first']],
	['next in the address', '</v2/_catalog?rel="next">; rel="first"', ['first']],
])('%s is no next page', (_, header, relations) => {
	expect(parseLinks(header)?.flatMap(link => link.relations)).toEqual(relations);
});

test.each([
	'next',
	page,
	`<${page}>`,
	`<${page}>; title="next"`,
	`<${page}>; rel=""`,
	`<${page}; rel="next"`,
	`${page}>; rel="next"`,
	`<${page}>; rel="next`,
	`<${page}> rel="next"`,
	`<${page}>; rel=next'`,
	`<${page}>; rel=next; rel="`,
	`<${page}>; rel="next;"`,
	`"${page}"; rel="next"`,
	`</a>; rel="first", <${page}`,
	`/a, ${page}; rel="next"`,
])('%j cannot be read, which is not the same as no next page', header => {
	expect(parseLinks(header)).toBeUndefined();
});

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter(text => text !== 'rel');
const relations = fc.array(fc.oneof(word, fc.constantFrom('next', 'NEXT', 'Last')), {minLength: 1, maxLength: 3});
const target = fc.stringMatching(/^\/[a-z0-9/?&=%._~,;'-]{1,30}$/);
const link = fc.record({
	target,
	relations,
	before: fc.array(fc.tuple(word, fc.stringMatching(/^[ -~]{0,12}$/)), {maxLength: 2}),
	quote: fc.constantFrom('"', "'"),
	space: fc.constantFrom('', ' ', '\t'),
});

test('what is written by the grammar is read back', () => {
	fc.assert(
		fc.property(fc.array(link, {maxLength: 4}), links => {
			const header = links
				.map(({target, relations, before, quote, space}) => {
					const parameters = before.map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`);
					const rel = `rel=${quote}${relations.join(' ')}${quote}`;
					return [`<${target}>`, ...parameters, rel].join(`${space};${space}`);
				})
				.join(', ');

			expect(parseLinks(header)).toEqual(
				links.map(({target, relations}) => ({target, relations: relations.map(each => each.toLowerCase())})),
			);
		}),
		{numRuns: tries(200)},
	);
});

test('no header makes it throw or take long', () => {
	const mess = fc.array(fc.constantFrom('<', '>', ';', ',', '"', "'", '\\', '=', ' ', 'rel', 'next', '/v2/'), {
		maxLength: 200,
	});
	fc.assert(
		fc.property(mess, pieces => {
			for (const {target, relations} of parseLinks(pieces.join('')) ?? []) {
				expect(target).not.toMatch(/[<>]/);
				expect(relations.length).toBeGreaterThan(0);
			}
		}),
		{numRuns: tries(300)},
	);
});
