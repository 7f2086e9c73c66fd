/// The page: the shell, and in it the screen that the address names.
import "./tokens.css";
import "./base.css";
import { render } from "preact";
import { followLinks, keepScope } from "./route";
import { Shell } from "./shell/Shell";
import { guard } from "./text";
import { applyTheme, followSystem } from "./theme";

guard();
keepScope();
applyTheme();
followSystem();
followLinks();
const app = document.getElementById("app");
if (app) render(<Shell />, app);
