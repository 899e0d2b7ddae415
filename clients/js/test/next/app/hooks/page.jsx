import {Room} from './room.jsx';

// A component of the server around one of the client.
export default function Page() {
  return <main><h1>hooks</h1><Room /></main>;
}
