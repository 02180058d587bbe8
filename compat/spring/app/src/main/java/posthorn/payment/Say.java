package posthorn.payment;

/** Lines for whoever runs this program. */
final class Say {
  private Say() {}

  static synchronized void line(String text) {
    System.out.println("> " + text);
    System.out.flush();
  }
}
