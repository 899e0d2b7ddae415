// The block of docs/clients/javascript.md, pasted as lobby.jsx by the test.
import {Lobby} from './lobby.jsx';

export default function Page() {
  return <main><h1>lobby</h1><Lobby /></main>;
}
