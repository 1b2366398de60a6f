// Which packages a bundle holds, and their licences.
import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';

/**
 * @param {import('esbuild').Metafile} metafile
 * @returns {string[]} the folders of the packages of which something is in the bundle, in order
 */
export function bundledPackages({outputs}) {
	const inputs = Object.values(outputs).flatMap(output =>
		Object.entries(output.inputs).flatMap(([file, {bytesInOutput}]) => (bytesInOutput > 0 ? [file] : [])),
	);
	const folders = inputs.flatMap(file => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? []);
	return [...new Set(folders)].sort();
}

/** @returns {Promise<{name: string, version: string}>} */
export async function identityOf(folder) {
	const {name, version} = await manifestOf(folder);
	return {name, version};
}

/** The licence texts of these packages. A package without a text is an error: its authors ask for it to be passed on. */
export async function thirdParty(folders) {
	const sections = await Promise.all(folders.map(sectionOf));
	const opening =
		'regmedic’s own licence is in LICENSE. The files in dist/ also hold parts of the packages below, under their licences.';
	return `${[opening, ...sections].join(`\n\n${'='.repeat(100)}\n\n`)}\n`;
}

/** Packages that name the licence MIT without its text, and whose copyright stands in the file that is named. */
const copyrights = {
	// Readme.md
	format: 'Copyright 2010 - 2014 Sami Samhuri sami@samhuri.net',
	// src/index.ts
	'yoga-layout': 'Copyright (c) Meta Platforms, Inc. and affiliates.',
};

const mit = `MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

async function sectionOf(folder) {
	const {name, version, license = 'MIT'} = await manifestOf(folder);
	const files = (await readdir(folder)).filter(file => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
	const texts = await Promise.all(files.map(file => readFile(path.join(folder, file), 'utf8')));
	const own = texts.map(text => text.trim()).filter(text => text !== '');
	if (own.length === 0 && !Object.hasOwn(copyrights, name)) {
		throw new Error(`${name} ${version} (${license}) has no licence text in ${folder}: see scripts/third-party.js.`);
	}

	return [`${name} ${version} (${license})`, ...(own.length > 0 ? own : [copyrights[name], mit])].join('\n\n');
}

async function manifestOf(folder) {
	return JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
}
