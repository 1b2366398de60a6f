import {render} from 'ink-testing-library';
import {expect, test} from 'vitest';
import {Rows} from '../../src/ui/components/rows.tsx';
import {createFormatter} from '../../src/ui/draw/formatter.ts';
import {drawPane} from '../../src/ui/draw/pane.ts';

function paneOf(rows: string[], {unicode = true, width = 24, height = 6} = {}) {
	const format = createFormatter(unicode);
	const pane = {
		title: format.row('Steps'),
		rows: rows.map(row => format.row(row)),
		width,
		height,
		more: format.row('2 more'),
	};
	const {lastFrame, unmount} = render(
		<Rows rows={drawPane(pane, 'rehearsal', format)} width={width} height={height} colors={false} />,
	);
	const lines = (lastFrame() ?? '').split('\n');
	unmount();
	return lines;
}

test('a pane is as high as it was given, however much is in it', () => {
	const lines = paneOf(Array.from({length: 40}, (_, at) => `line ${at}`));

	expect(lines).toHaveLength(6);
	expect(lines[0]).toBe('┌─ Steps ──────────────┐');
	expect(lines[1]).toContain('line 0');
	expect(lines[5]).toContain('2 more');
});

test('a line that is too long ends with an ellipsis inside of the border', () => {
	const [, line] = paneOf(['sha256:4f0c1d2e3a5b4f0c1d2e3a5b4f0c1d2e3a5b']);

	expect(line).toHaveLength(24);
	expect(line).toMatch(/^│ .*… ?│$/);
});

test('wide characters do not push the border out', () => {
	const [, line] = paneOf(['イメージが壊れています、すべて']);

	expect(line?.endsWith('│')).toBe(true);
	expect(line).toContain('イメージ');
});

test('without UTF-8 the border and the ellipsis are ASCII', () => {
	const lines = paneOf(['x'.repeat(60)], {unicode: false});

	expect(lines.join('')).toMatch(/^[ -~]*$/);
});
