/** What programs know of the console: where its bundle lies, relative to `dist/`. */
export const CONSOLE_FOLDER = "console";
