// What lies under a drawing, and how drawings are kept in step with the page. folium and streamlit-folium make the map and
// its toolbar and tell the page what was drawn; all data comes as JSON in their `html`, so that no script holds any.
"use strict";

function belvedere(map, drawn) {
  const ground = map.createPane("ground"), names = map.createPane("names");
  ground.style.zIndex = 300;
  names.style.zIndex = 620;
  for (const pane of [ground, names]) pane.style.pointerEvents = "none";
  const canvas = L.canvas({ pane: "ground", padding: 0.3 });
  const layers = { ground: L.layerGroup().addTo(map), picked: L.layerGroup().addTo(map) };
  let data = { box: [] }, seen = "", cells = [], isDrawing = false;

  const tip = L.control({ position: "topright" });
  tip.onAdd = () => L.DomUtil.create("div", "tip");
  tip.addTo(map);

  function line(points) {
    const found = [];
    for (let i = 0; i < points.length; i += 2) {
      found.push([data.box[1] + points[i + 1] / data.units, data.box[0] + points[i] / data.units]);
    }
    return found;
  }

  function below(given) {
    layers.ground.clearLayers();
    const dim = { renderer: canvas, pane: "ground", interactive: false };
    cells = given.cells.map((points, i) => {
      const outline = line(points), colour = "rgb(" + given.colours[given.swatches[i]].join(",") + ")";
      return L.polygon(outline, { ...dim, stroke: false, fillColor: colour, fillOpacity: given.tiles ? 0.6 : 0.82 }).addTo(layers.ground);
    });
    for (const points of given.borders) {
      L.polygon(line(points), { ...dim, fill: false, color: given.look.muted, weight: 1.5 }).addTo(layers.ground);
    }
    for (const [east, north, name] of given.names) {
      const words = document.createElement("span");
      words.textContent = name;
      L.marker(line([east, north])[0], {
        pane: "names", interactive: false, keyboard: false, icon: L.divIcon({ className: "place", html: words, iconSize: [0, 0] }),
      }).addTo(layers.ground);
    }
  }

  function chosen(given) {
    layers.picked.clearLayers();
    const style = { renderer: canvas, pane: "ground", interactive: false, fill: false, color: given.look.ink, weight: 3 };
    for (const points of [...given.area, ...given.picked]) L.polygon(line(points), style).addTo(layers.picked);
  }

  function shapes(given) {
    drawn.clearLayers();
    for (const ring of given.shapes) {
      drawn.addLayer(ring.length === 2 ? L.rectangle(ring) : L.polygon(ring));
    }
    // What streamlit-folium remembers of what was drawn before must not come back with the next movement of the map.
    if (window.__GLOBAL_DATA__) window.__GLOBAL_DATA__.all_drawings = null;
  }

  function look(given) {
    const style = document.documentElement.style;
    for (const name of ["ink", "ground", "page", "muted", "accent"]) style.setProperty("--" + name, given.look[name]);
    style.setProperty("color-scheme", given.look.dark ? "dark" : "light");
    document.documentElement.classList.toggle("dark", given.look.dark);
  }

  function taken(page) {
    const found = page.getElementById("drawing");
    if (!found || found.textContent === seen) return;
    seen = found.textContent;
    const before = data, given = JSON.parse(seen), differs = (...keys) =>
      keys.some((key) => JSON.stringify(given[key]) !== JSON.stringify(before[key]));
    data = given;
    look(given);
    if (given.tiles && !before.tiles) L.tileLayer(given.tiles, { maxZoom: 19 }).addTo(map);
    if (differs("box")) {
      const [west, south, east, north] = given.box;
      map.fitBounds([[south, west], [north, east]], { animate: false });
    }
    if (differs("box", "cells", "swatches", "colours", "borders", "names", "look")) below(given);
    if (differs("box", "area", "picked", "look")) chosen(given);
    if (differs("turn")) shapes(given);
  }

  function isInside(point, ring) { // even-odd rule
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const a = ring[i], b = ring[j];
      if (a.lat > point.lat !== b.lat > point.lat && point.lng < ((b.lng - a.lng) * (point.lat - a.lat)) / (b.lat - a.lat) + a.lng) {
        inside = !inside;
      }
    }
    return inside;
  }

  function pointed(event) {
    if (isDrawing) return;
    const at = cells.findIndex((cell) => cell.getBounds().contains(event.latlng) && isInside(event.latlng, cell.getLatLngs()[0]));
    tip.getContainer().textContent = at < 0 ? "" : data.tips[at];
  }

  // A circle is kept as a polygon of 48 corners, which is what an area is and what can be changed later.
  function rounded(event) {
    if (event.layerType !== "circle") return;
    const middle = event.layer.getLatLng(), radius = event.layer.getRadius(), corners = [];
    for (let i = 0; i < 48; i += 1) {
      const turn = (2 * Math.PI * i) / 48, north = (radius * Math.cos(turn)) / 111320;
      corners.push([middle.lat + north, middle.lng + (radius * Math.sin(turn)) / (111320 * Math.cos((middle.lat * Math.PI) / 180))]);
    }
    drawn.removeLayer(event.layer);
    drawn.addLayer(L.polygon(corners));
  }

  // Leaflet.draw's hint stands beside the pointer, where the map's edge may cut it off; before a finger has touched the map
  // there is no pointer, and it stands beside the toolbar.
  const hint = L.Draw.Tooltip.prototype, told = hint.updateContent;
  hint.updateContent = function (text) {
    told.call(this, text);
    return this._isPlaced ? this : this.updatePosition(map.containerPointToLatLng([40, 40]));
  };
  hint.updatePosition = function (at) {
    const box = this._container, size = map.getSize(), point = map.latLngToContainerPoint(at), room = 6;
    if (!box) return this;
    const left = parseFloat(getComputedStyle(box).marginLeft), top = parseFloat(getComputedStyle(box).marginTop);
    const x = Math.max(room - left, Math.min(point.x, size.x - room - left - box.offsetWidth));
    const y = Math.max(room - top, Math.min(point.y, size.y - room - top - box.offsetHeight));
    L.DomUtil.setPosition(box, map.containerPointToLayerPoint([x, y]));
    if (this._visible) box.style.visibility = "inherit";
    this._isPlaced = true;
    return this;
  };

  map.on("mousemove", pointed);
  map.on("mouseout draw:drawstart", () => { tip.getContainer().textContent = ""; });
  map.on("draw:drawstart", () => { isDrawing = true; });
  map.on("draw:drawstop", () => { isDrawing = false; });
  map.on("draw:created", rounded);
  // Leaflet.draw holds every touch in the frame while something is drawn, also those on its own Cancel.
  map.on("draw:drawstart", () => document.removeEventListener("touchstart", L.DomEvent.preventDefault));
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.data.type !== "streamlit:render") return;
    taken(new DOMParser().parseFromString(event.data.args.html, "text/html"));
  });
  taken(document);
}
