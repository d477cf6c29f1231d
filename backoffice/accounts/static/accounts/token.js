/* Whoever logs in in another tab gets a new token; a form that was open before is sent with the new one. */
(function () {
  const FIELD = "csrfmiddlewaretoken";

  function token() {
    const found = document.cookie.split("; ").find((cookie) => cookie.startsWith("csrftoken="));
    return found && found.slice("csrftoken=".length);
  }

  /* Of whatever becomes of a form: sent by a person, or read by a script. */
  document.addEventListener("formdata", ({ formData }) => {
    const current = token();
    if (current && formData.has(FIELD)) formData.set(FIELD, current);
  });
})();
