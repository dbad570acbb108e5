"""The spawn form as a person sees and fills it."""

from pathlib import Path

from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from tests.behaviour.conftest import PASSWORD
from tests.behaviour.running_hub import RunningHub
from tests.support.browser import browser

SUBMIT = "form input[type=submit], form button[type=submit]"
LABELS = ["Image", "CPU", "Memory", "Extra resource limits"]


def submit(page: WebDriver) -> None:
    """Presses the button and waits for the page that follows."""
    button = page.find_element(By.CSS_SELECTOR, SUBMIT)
    button.click()
    WebDriverWait(page, 20).until(staleness_of(button))
    WebDriverWait(page, 20).until(lambda it: it.execute_script("return document.readyState") == "complete")  # pyright: ignore[reportUnknownMemberType]


def test_form_offers_images_explains_errors_and_starts_a_notebook(hub: RunningHub, tmp_path: Path) -> None:
    with browser() as page:
        page.get(f"{hub.url}/hub/login")
        page.find_element(By.ID, "username_input").send_keys("ada")
        page.find_element(By.ID, "password_input").send_keys(PASSWORD)
        page.find_element(By.ID, "login_submit").click()
        page.get(f"{hub.url}/hub/spawn")
        labels = [label.text for label in page.find_elements(By.CSS_SELECTOR, "form label")]
        assert labels == LABELS
        offered = page.find_elements(By.CSS_SELECTOR, "datalist#images option")
        images = {option.get_attribute("value"): option.get_attribute("textContent") for option in offered}
        assert images["quay.io/jupyter/tensorflow-notebook:cuda-2026-07-28"] == "TensorFlow, GPU"
        for field in page.find_elements(By.CSS_SELECTOR, "form input.form-control"):
            assert field.is_displayed()
        (tmp_path / "form.png").write_bytes(page.get_screenshot_as_png())

        page.find_element(By.ID, "cpu_guarantee").send_keys("1")
        page.find_element(By.ID, "extra_resource_limits").send_keys("{'nvidia.com/gpu': 1}")
        submit(page)
        error = page.find_element(By.CSS_SELECTOR, ".alert-danger, .spawn-error-msg")
        assert "is not JSON" in error.text
        assert '{"nvidia.com/gpu": "1"}' in error.text
        limits = page.find_element(By.ID, "extra_resource_limits")
        assert limits.get_attribute("value") == "{'nvidia.com/gpu': 1}"
        assert page.find_element(By.ID, "cpu_guarantee").get_attribute("value") == "1"
        (tmp_path / "refused.png").write_bytes(page.get_screenshot_as_png())

        limits.clear()
        limits.send_keys('{"nvidia.com/gpu": "1"}')
        submit(page)
        WebDriverWait(page, 90).until(lambda it: "/user/ada/" in it.current_url)
        assert hub.pod("jupyter-ada")["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
