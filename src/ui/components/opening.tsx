import {Box, useApp, useInput, usePaste, useWindowSize} from 'ink';
import {useEffect, useRef, useState} from 'react';
import type {Pen} from '../draw/pen.ts';
import {App, type AppProps, type Hands} from './app.tsx';
import {Pane} from './pane.tsx';
import {RowLine} from './row-line.tsx';

/** What is said until the incident is open. */
export type Opening = {title: string; story: string; drill: boolean};

/** An incident that is open. */
export type Opened = Pick<AppProps, 'session' | 'image' | 'journalFolder'>;

/** Is told how the screen steps aside, for as long as there is one. */
export type ScreenHolder = {take(stepAside: (work: () => Promise<void>) => Promise<void>): () => void};

type RootProps = Omit<AppProps, keyof Opened | 'hands'> & {
	opening: Opening;
	opened: Promise<Opened>;
	foreground?: ScreenHolder;
};

/** The opening until there is something to show, then the incident. */
export function Root({opening, opened, foreground, ...rest}: RootProps) {
	const {exit, suspendTerminal} = useApp();
	const [incident, setIncident] = useState<Opened>();
	const hands = useRef<Hands>({
		press(input, key) {
			if (input === 'q' || (key.ctrl && input === 'c')) {
				exit();
			}
		},
		paste() {},
	});
	useInput((input, key) => hands.current.press(input, key));
	usePaste(text => hands.current.paste(text));

	useEffect(() => {
		opened.then(setIncident, error => exit(error instanceof Error ? error : new Error(String(error))));
	}, [opened, exit]);

	useEffect(() => foreground?.take(work => suspendTerminal(work)), [foreground, suspendTerminal]);

	return incident ? (
		<App {...rest} {...incident} hands={hands} />
	) : (
		<OpeningScreen opening={opening} pen={rest.pen} colors={rest.colors} />
	);
}

type OpeningScreenProps = {opening: Opening; pen: Pen; colors: boolean};

function OpeningScreen({opening: {title, story, drill}, pen, colors}: OpeningScreenProps) {
	const {columns, rows} = useWindowSize();
	const tone = drill ? 'rehearsal' : 'real';
	const under = drill
		? 'Making the rehearsal: a registry, its host, a CI and a builder, all on this machine …'
		: 'Opening the incident …';
	const pane = {
		title: pen.row([title, 'strong']),
		rows: pen.wrap(story, columns - 6),
		width: columns,
		height: rows - 3,
		more: [],
		focused: true,
	};

	return (
		<Box width={columns} height={rows} flexDirection="column" overflow="hidden">
			<RowLine
				row={pen.spread(pen.row([' regmedic', 'strong']), pen.row([drill ? 'REHEARSAL' : 'REAL', tone], ' '), columns)}
				colors={colors}
			/>
			<Pane pane={pane} pen={pen} tone={tone} colors={colors} />
			<RowLine row={pen.cut(pen.row(` ${under}`), columns)} colors={colors} />
			<RowLine row={pen.cut(pen.row(' q leave'), columns)} colors={colors} />
		</Box>
	);
}
