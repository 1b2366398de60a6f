// Ink asks chalk, and chalk asks the environment when it is first imported: imported before Ink, this makes colours
// depend on what the screen is told, not on where the tests run.
process.env.FORCE_COLOR = '1';
