/// The page: the shell, and in it the screen that the address names.
import "./tokens.css";
import "./base.css";
import { render } from "preact";
import { followLinks } from "./route";
import { Shell } from "./shell/Shell";
import { guard } from "./text";
import { applyTheme } from "./theme";

guard();
applyTheme();
followLinks();
const app = document.getElementById("app");
if (app) render(<Shell />, app);
