// What every page runs. A page with scripts of its own adds a module in its `head` block.
import * as connection from "./connection.js";
import * as dialog from "./dialog.js";
import * as menu from "./menu.js";
import * as theme from "./theme.js";
import * as toast from "./toast.js";

for (const part of [theme, menu, dialog, toast, connection]) part.start();
